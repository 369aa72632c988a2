import { randomUUID } from 'node:crypto';
import { watch } from 'node:fs';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DOMAINS } from '../../../scripts/lib/topology.mjs';
import { DrillShop } from '../../support/drills/drill-shop.js';
import { drillSize } from '../../support/drills/drill-size.js';
import { OperatedKeys } from '../../support/drills/operated-keys.js';
import { Load } from '../../support/drills/load.js';
import { until } from '../../support/drills/until.js';

const WORKERS = 2;
const REFRESH_SECONDS = 0.5;
const DEATHS = drillSize({ ci: 1, full: 3 });
const MORE_KEYS = drillSize({ ci: 1, full: 3 });
/** Locks and drafts of killed processes are removed after ten seconds. This drill makes them that much older. */
const AGED_BY_MS = drillSize({ ci: 8_000, full: 0 });
/** Guards against hanging. */
const LIMIT_MS = 600_000;
/**
 * Services load keys from the second gateway, so that the first can die without taking the keys away, and vice versa.
 */
const KEY_SOURCE = 'gateway-2';
const jwksUri = (shop: DrillShop['shop']): string =>
  `${shop.addressOf(`${KEY_SOURCE} internal`)}/.well-known/jwks.json`;

/** Tries invalid tokens at every service, all the time. */
const intruder = (drill: DrillShop, token: string): Load => {
  const [head = '', payload = '', signature = ''] = token.split('.');
  const forged = `${head}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
  return new Load(DOMAINS.flatMap((service) => [() => drill.directly(service), () => drill.directly(service, forged)]));
};

const passed = ({ requests, refused }: Load): number => requests - refused;

describe('kill -9 during a rotation', () => {
  let keys: OperatedKeys;
  let drill: DrillShop;

  beforeAll(async () => {
    const policy = { rotateEverySeconds: 2, refreshIntervalSeconds: REFRESH_SECONDS, publishAheadSeconds: 1.8 };
    keys = await OperatedKeys.create(policy, 10);
    drill = await DrillShop.open({
      gatewaySettings: keys.settings,
      refreshSeconds: REFRESH_SECONDS,
      gateways: 2,
      jwksUri,
    });
  });

  afterAll(async () => {
    await drill?.close();
    await keys?.remove();
  });

  /** The moment at which somebody holds the lock to change keys. */
  const nextRotation = (): Promise<void> =>
    new Promise((resolve) => {
      const watcher = watch(keys.directory, (_event, name) => {
        if (name !== '.lock') return;
        watcher.close();
        resolve();
      });
    });

  const age = async (name: string): Promise<void> => {
    const then = new Date(Date.now() - AGED_BY_MS);
    // Not every killed process leaves one.
    await utimes(join(keys.directory, name), then, then).catch(() => undefined);
  };

  const hidden = async (): Promise<string[]> =>
    (await readdir(keys.directory)).filter((name) => name.startsWith('.')).toSorted();

  /** Changes made while the key source was down have arrived; a restarted process has read everything by then. */
  const refreshed = async (started: readonly string[]): Promise<void> => {
    // Asked each time, as a key may be retired before a service between two loads has seen it.
    await until('the active key everywhere', async () => {
      const keyId = await keys.active();
      return DOMAINS.every((service) => started.includes(service) || drill.hasLearnt(service, keyId));
    });
  };

  const served = async (gateways: readonly string[]): Promise<void> => {
    const from = drill.lines().length;
    const load = new Load(gateways.flatMap((gateway) => drill.visits(gateway))).start(WORKERS);
    await until(`${MORE_KEYS} more keys`, () => drill.rotationsSeen(from) >= MORE_KEYS);
    await load.stop();
    expect(load.refusals).toEqual([]);
  };

  it.each([
    ['the gateway', ['gateway']],
    ['a service', ['inventory']],
    ['the key source', [KEY_SOURCE]],
    ['all of them', ['gateway', KEY_SOURCE, 'inventory']],
  ])(
    'of %s: once it is back, valid tokens are accepted again, and no invalid one ever was',
    async (_name, victims) => {
      const thieves = intruder(drill, await drill.stolenToken()).start(1);
      for (let deaths = 0; deaths < DEATHS; deaths += 1) {
        await nextRotation();
        await Promise.all(victims.map((victim) => drill.shop.kill(victim)));
        await age('.lock');
        await Promise.all(victims.map((victim) => drill.shop.restart(victim)));
        if (victims.includes(KEY_SOURCE)) await refreshed(victims);
        await served(['gateway', KEY_SOURCE]);
      }
      await thieves.stop();
      expect(thieves.requests).toBeGreaterThan(0);
      expect(passed(thieves)).toBe(0);
    },
    LIMIT_MS,
  );

  it(
    'R104, R48: of a gateway that holds the lock: the other one refuses nobody, and rotation continues',
    async () => {
      const load = new Load(drill.visits(KEY_SOURCE)).start(WORKERS);
      await drill.shop.kill('gateway');
      // What the worst moment leaves behind: the lock, and half a private key in a draft.
      const draft = `.${'x'.repeat(43)}.json.${randomUUID()}`;
      await writeFile(join(keys.directory, '.lock'), randomUUID(), { mode: 0o600 });
      await writeFile(join(keys.directory, draft), '{"key":{"kty":"EC","d":"', { mode: 0o600 });
      await Promise.all(['.lock', draft].map(age));
      const from = drill.lines().length;
      await until(`${MORE_KEYS} more keys`, () => drill.rotationsSeen(from) >= MORE_KEYS);
      await drill.shop.restart('gateway');
      await served(['gateway', KEY_SOURCE]);
      await load.stop();
      expect(load.refusals).toEqual([]);
      await until('the draft is gone', async () => !(await hidden()).includes(draft));
    },
    LIMIT_MS,
  );

  it('leaves only complete files, one active key, and nothing else at the end', async () => {
    await until('no leftover drafts', async () => (await hidden()).every((name) => name.startsWith('.lock')));
    // Otherwise one would be made, or retired, between two looks.
    await drill.shop.stop();
    const listed = await keys.command<{ problems: string[] }>('list');
    expect(listed.problems).toEqual([]);
    expect((await keys.list()).filter(({ state }) => state === 'active')).toHaveLength(1);
    for (const name of (await readdir(keys.directory)).filter((file) => !file.startsWith('.'))) {
      expect(JSON.parse(await readFile(join(keys.directory, name), 'utf8'))).toHaveProperty('publishedAt');
    }
  });
});

describe('kill -9 of the key source between a key and its first token', () => {
  let keys: OperatedKeys;
  let drill: DrillShop;

  beforeAll(async () => {
    keys = await OperatedKeys.create({ refreshIntervalSeconds: REFRESH_SECONDS, publishAheadSeconds: 1.8 }, 300);
    drill = await DrillShop.open({
      gatewaySettings: keys.settings,
      refreshSeconds: REFRESH_SECONDS,
      gateways: 2,
      jwksUri,
    });
  });

  afterAll(async () => {
    await drill?.close();
    await keys?.remove();
  });

  it('R104, R106: refuses nobody while it is down, nor when the new key signs', async () => {
    const load = new Load(drill.visits()).start(WORKERS);
    await drill.shop.kill(KEY_SOURCE);
    const { keyId } = await keys.command<{ keyId: string }>('new');
    const published = drill.lines().length;
    await load.more(40);
    await drill.shop.restart(KEY_SOURCE);
    await until('the new key everywhere', () => DOMAINS.every((service) => drill.hasLearnt(service, keyId)));
    await keys.command('rotate');
    await until('its tokens everywhere', () =>
      [...drill.acceptedKeys(published).values()].every((accepted) => accepted.has(keyId)),
    );
    await load.stop();
    expect([...load.refusals, ...drill.refusedByServices()]).toEqual([]);
  });

  it('R108: and a key withdrawn meanwhile is refused as soon as it is back', async () => {
    const stolen = await keys.active();
    const token = await drill.stolenToken();
    await drill.shop.kill(KEY_SOURCE);
    const from = drill.lines().length;
    await keys.command('retire', stolen, '--force');
    await drill.shop.restart(KEY_SOURCE);
    await until('the withdrawal', () => drill.isWithdrawn(stolen, from));
    for (const service of DOMAINS) expect((await drill.directly(service, token)).code).toBe('txn_key_unknown');
    const load = new Load([...drill.visits(), ...drill.visits(KEY_SOURCE)]).start(WORKERS);
    await load.more(60);
    await load.stop();
    expect(load.refusals).toEqual([]);
  });
});
