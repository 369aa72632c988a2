import { type JsonWebKey, randomBytes } from 'node:crypto';
import { DOMAINS } from '../../../scripts/lib/topology.mjs';
import { DrillShop } from '../../support/drills/drill-shop.js';
import { OperatedKeys } from '../../support/drills/operated-keys.js';
import { Load } from '../../support/drills/load.js';
import { HttpClient, inParallel } from '../../support/http-client.js';
import { JwksServer } from '../../support/jwks-server.js';

const WORKERS = 2;
const FORGERIES = 3_000;
const FORGERS = 8;
/** R107: per process and minute. */
const MOST_FETCHES = 6;
/** The wait of one second for a load of five, which ends in 503, again and again. */
const MOST_UNREADY_PER_FETCH = 6 * FORGERS;

describe('R107: a flood of tokens with unknown key ids', () => {
  let keys: OperatedKeys;
  let sources: Map<string, JwksServer>;
  let drill: DrillShop;

  beforeAll(async () => {
    keys = await OperatedKeys.create({}, 300);
    const published = (await keys.command<{ keys: JsonWebKey[] }>('jwks')).keys;
    sources = new Map();
    for (const name of DOMAINS) sources.set(name, await JwksServer.start(published));
    drill = await DrillShop.open({
      gatewaySettings: keys.settings,
      // None is scheduled during the drill: every load after the first is caused by the flood.
      refreshSeconds: 3600,
      jwksUri: (_shop, service) => sourceOf(service).jwksUri,
    });
  });

  afterAll(async () => {
    await drill?.close();
    for (const source of sources?.values() ?? []) await source.goDown();
    await keys?.remove();
  });

  const sourceOf = (service: string): JwksServer => sources.get(service) as JwksServer;

  it('is refused with few key loads, while good tokens are accepted throughout', async () => {
    const [, payload, signature] = (await drill.stolenToken()).split('.');
    const forged = (): string => {
      const head = { alg: 'ES256', typ: 'txntoken+jwt', kid: randomBytes(16).toString('hex') };
      return [Buffer.from(JSON.stringify(head)).toString('base64url'), payload, signature].join('.');
    };
    const outcomes = new Map<string, number>();
    const flooded = new HttpClient(drill.shop.addressOf('inventory'), FORGERS);
    const load = new Load(drill.visits()).start(WORKERS);
    const before = new Map(DOMAINS.map((name) => [name, sourceOf(name).asked]));
    const askedSince = (name: string): number => sourceOf(name).asked - (before.get(name) ?? 0);
    const began = performance.now();
    const flood = (): Promise<void> =>
      inParallel(FORGERIES, FORGERS, async () => {
        const { status, text } = await flooded.call('/inventory/me', { headers: { 'txn-token': forged() } });
        const outcome = `${status} ${(JSON.parse(text) as { code: string }).code}`;
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      });
    const enough = load.requests + 20;
    let floods = 0;
    for (; floods === 0 || load.requests < enough; floods += 1) await flood();
    const minutes = Math.ceil((performance.now() - began) / 60_000);
    await load.stop();
    flooded.close();

    // 503 if the machine is so slow that a load takes more than a second.
    const unready = outcomes.get('503 txn_keys_not_ready') ?? 0;
    expect((outcomes.get('401 txn_key_unknown') ?? 0) + unready).toBe(FORGERIES * floods);
    expect(unready).toBeLessThanOrEqual(MOST_UNREADY_PER_FETCH * askedSince('inventory'));
    expect(load.refusals).toEqual([]);
    expect(askedSince('inventory')).toBeGreaterThan(0);
    expect(askedSince('inventory')).toBeLessThanOrEqual(MOST_FETCHES * minutes);
    expect([askedSince('catalog'), askedSince('orders')]).toEqual([0, 0]);
  });
});
