import { DOMAINS } from '../../../scripts/lib/topology.mjs';
import { DrillShop } from '../../support/drills/drill-shop.js';
import { OperatedKeys } from '../../support/drills/operated-keys.js';
import { Load } from '../../support/drills/load.js';
import { until } from '../../support/drills/until.js';

const WORKERS = 2;
/** Long enough that no token expires during the drill. */
const LIFETIME_SECONDS = 300;
const REFRESH_SECONDS = 0.5;

describe('R108: a stolen signing key', () => {
  let keys: OperatedKeys;
  let drill: DrillShop;

  beforeAll(async () => {
    keys = await OperatedKeys.create({ refreshIntervalSeconds: REFRESH_SECONDS }, LIFETIME_SECONDS);
    drill = await DrillShop.open({ gatewaySettings: keys.settings, refreshSeconds: REFRESH_SECONDS });
  });

  afterAll(async () => {
    await drill?.close();
    await keys?.remove();
  });

  const statuses = (token: string): Promise<unknown[]> =>
    Promise.all(
      DOMAINS.map(async (service) => {
        const { status, code } = await drill.directly(service, token);
        return code ?? status;
      }),
    );

  it.each([
    ['with a waiting key', true],
    ['without a waiting key', false],
  ])('%s: services refuse its tokens after a refresh and accept new ones', async (_name, another) => {
    if (another) {
      const { keyId } = await keys.command<{ keyId: string }>('new');
      // Known everywhere, or this would be the other drill.
      await until('the waiting key', () => DOMAINS.every((service) => drill.hasLearnt(service, keyId)));
    }
    const stolen = await keys.active();
    const token = await drill.stolenToken();
    expect(await statuses(token)).toEqual([200, 200, 200]);
    await expect(keys.command('retire', stolen)).rejects.toMatchObject({ code: expect.any(Number) as number });
    expect(await statuses(token)).toEqual([200, 200, 200]);

    const from = drill.lines().length;
    await keys.command('retire', stolen, '--force');
    await until('the withdrawal', () => drill.isWithdrawn(stolen, from));

    expect(await statuses(token)).toEqual(DOMAINS.map(() => 'txn_key_unknown'));
    const load = new Load(drill.visits()).start(WORKERS);
    await load.more(40);
    await load.stop();
    expect(load.refusals).toEqual([]);
    const next = await keys.active();
    expect(next).not.toBe(stolen);
    expect([...drill.acceptedKeys(from).values()].every((accepted) => accepted.has(next))).toBe(true);
    expect(await statuses(await drill.stolenToken())).toEqual([200, 200, 200]);
    expect(await statuses(token)).toEqual(DOMAINS.map(() => 'txn_key_unknown'));
  });

  it('R108: the stolen private key is published nowhere and left in no file', async () => {
    const published = await (await fetch(`${drill.shop.internalUrl}/.well-known/jwks.json`)).text();
    for (const { keyId, state } of await keys.list()) expect(published.includes(keyId)).toBe(state !== 'retired');
    expect(published).not.toContain('"d"');
  });
});
