import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DrillShop } from '../../support/drills/drill-shop.js';
import { drillSize } from '../../support/drills/drill-size.js';
import { OperatedKeys } from '../../support/drills/operated-keys.js';
import { Load } from '../../support/drills/load.js';
import { until } from '../../support/drills/until.js';

const WORKERS = 4;
/** One minute in full size. */
const ROTATIONS = drillSize({ ci: 4, full: 30 });
const ROTATIONS_OF_REPLICAS = drillSize({ ci: 2, full: 10 });
const CHANGES = drillSize({ ci: 2, full: 10 });
/** Tokens of ten seconds: with one minute, thirty keys would be retiring at a time. */
const LIFETIME_SECONDS = 10;
const REFRESH_SECONDS = 0.5;
/** The exit code of `itok`. */
const NOT_SAFE_NOW = 3;
/** As far ahead as two seconds allow. */
const AHEAD = { refreshIntervalSeconds: REFRESH_SECONDS, publishAheadSeconds: 1.8 };

describe('R48, R104: rotation every two seconds by policy', () => {
  let keys: OperatedKeys;
  let drill: DrillShop;

  beforeAll(async () => {
    keys = await OperatedKeys.create({ rotateEverySeconds: 2, ...AHEAD }, LIFETIME_SECONDS);
    drill = await DrillShop.open({ gatewaySettings: keys.settings, refreshSeconds: REFRESH_SECONDS, gateways: 2 });
    await drill.shop.kill('gateway-2');
  });

  afterAll(async () => {
    await drill?.close();
    await keys?.remove();
  });

  it('refuses no request, and every service verifies tokens of all keys', async () => {
    const load = new Load(drill.visits()).start(WORKERS);
    await until(`${ROTATIONS} keys`, () => drill.rotationsSeen() >= ROTATIONS);
    await load.stop();
    expect(load.refusals).toEqual([]);
    expect(load.requests).toBeGreaterThan(ROTATIONS);
    expect(drill.refusedByServices()).toEqual([]);
  });

  it('shares keys with a new replica without a refused request', async () => {
    const load = new Load([...drill.visits(), ...drill.visits()]).start(WORKERS);
    await drill.shop.restart('gateway-2');
    const from = drill.lines().length;
    const other = new Load(drill.visits('gateway-2')).start(WORKERS);
    await until('more keys', () => drill.rotationsSeen(from) >= ROTATIONS_OF_REPLICAS);
    await Promise.all([load.stop(), other.stop()]);
    expect([...load.refusals, ...other.refusals, ...drill.refusedByServices()]).toEqual([]);
    await until('one key set', async () => (await publishedBy('gateway')) === (await publishedBy('gateway-2')));
  });

  it('leaves only complete files readable by their owner, and never reactivates a key', async () => {
    // Otherwise one would be made, or retired, between two looks.
    await drill.shop.stop();
    const listed = await keys.list();
    expect(listed.filter(({ state }) => state === 'active')).toHaveLength(1);
    expect(listed.length).toBeGreaterThanOrEqual(ROTATIONS + ROTATIONS_OF_REPLICAS);
    for (const { keyId, state } of listed) {
      const file = JSON.parse(await readFile(join(keys.directory, `${keyId}.json`), 'utf8')) as { key: object };
      expect('d' in file.key).toBe(state !== 'retired');
    }
    const names = (await readdir(keys.directory)).filter((name) => !name.startsWith('.'));
    expect(names.length).toBe(listed.length);
  });

  const publishedBy = async (gateway: string): Promise<string> => {
    const { shop } = drill;
    const address = gateway === 'gateway' ? shop.internalUrl : shop.addressOf(`${gateway} internal`);
    return (await fetch(`${address}/.well-known/jwks.json`)).text();
  };
});

describe('R104: repeated rotation by an operator', () => {
  let keys: OperatedKeys;
  let drill: DrillShop;

  beforeAll(async () => {
    keys = await OperatedKeys.create(AHEAD, LIFETIME_SECONDS);
    drill = await DrillShop.open({ gatewaySettings: keys.settings, refreshSeconds: REFRESH_SECONDS });
  });

  afterAll(async () => {
    await drill?.close();
    await keys?.remove();
  });

  it('refuses no request, with nestjs-internal-token keys rotate as the only step', async () => {
    const load = new Load(drill.visits()).start(WORKERS);
    const planned: string[] = [await keys.active()];
    const everywhere = (keyId: string | undefined): Promise<void> =>
      until(`tokens of ${keyId} everywhere`, () =>
        [...drill.acceptedKeys().values()].every((accepted) => accepted.has(String(keyId))),
      );
    await everywhere(planned[0]);
    while (planned.length <= CHANGES) {
      const { keyId } = await keys.command<{ keyId: string }>('rotate');
      planned.push(keyId);
      await everywhere(keyId);
    }
    await load.stop();
    expect(new Set(planned).size).toBe(CHANGES + 1);
    expect([...load.refusals, ...drill.refusedByServices()]).toEqual([]);
    for (const accepted of drill.acceptedKeys().values()) expect([...accepted]).toEqual(planned);
  });
});

it('R104: refuses to retire a key early while its tokens are valid, and says so', async () => {
  // Valid for longer than the commands take, however busy the machine.
  const keys = await OperatedKeys.create(AHEAD, 300);
  try {
    const { keyId } = await keys.command<{ keyId: string }>('rotate');
    await until('the change', async () => (await keys.active()) === keyId);
    const retiring = (await keys.list()).find(({ state }) => state === 'retiring');
    await expect(keys.command('retire', String(retiring?.keyId))).rejects.toMatchObject({ code: NOT_SAFE_NOW });
    expect((await keys.list()).find((key) => key.keyId === retiring?.keyId)?.state).toBe('retiring');
  } finally {
    await keys.remove();
  }
});
