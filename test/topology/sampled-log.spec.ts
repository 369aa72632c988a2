import { Shop } from '../../scripts/lib/shop.mjs';
import { signIn } from '../../scripts/lib/sign-in.mjs';
import { HttpClient, inParallel } from '../support/http-client.js';
import { openShopDatabase, type ShopDatabase } from '../support/topology/shop-database.js';

const REQUESTS = 60;
const RATE = 0.5;
const NOBODYS = '0197a000-0000-7000-8000-0000000000ff';
const ROPE = '0197a000-0000-7000-8000-00000000ac02';

/** OpenTelemetry's rule, computed independently. */
const isIncluded = (txn: string) => BigInt(`0x${txn.slice(-14)}`) >= BigInt((1 - RATE) * 2 ** 56);

describe('the log of a split shop with sampling', () => {
  let database: ShopDatabase;
  let shop: Shop;
  const healthy: string[] = [];
  const refused: string[] = [];
  let failed: string;

  beforeAll(async () => {
    database = await openShopDatabase();
    const settings = { LOG_SAMPLE_RATE: String(RATE), LOG_SLOW_MS: '600000', ...database.settings };
    shop = await Shop.start({ extracted: ['catalog', 'inventory'], settings });
    const client = new HttpClient(shop.url, 8);
    const { accessToken } = await signIn({ login: 'alice', issuer: shop.issuer });
    const alice = client.as(accessToken);
    await inParallel(REQUESTS, 8, async () => {
      const { headers } = await alice(`/catalog/items/${ROPE}`);
      healthy.push(String(headers['x-request-id']));
    });
    for (let count = 0; count < 20; count++) {
      const { headers } = await alice(`/catalog/items/${NOBODYS}`);
      refused.push(String(headers['x-request-id']));
    }
    // Until there is one that chance would have dropped.
    await shop.kill('inventory');
    do {
      const { headers, status } = await alice('/inventory/stock');
      expect(status).toBeGreaterThanOrEqual(500);
      failed = String(headers['x-request-id']);
    } while (isIncluded(failed));
    client.close();
    await shop.stop();
  });

  afterAll(async () => {
    await shop?.stop();
    await database?.drop();
  });

  const servicesOf = (txn: string) =>
    [
      ...new Set(
        shop.log
          .ofTransaction(txn)
          .filter(({ ev }) => ev === 'end')
          .map(({ service }) => service),
      ),
    ].toSorted((one, other) => (one < other ? -1 : 1));

  it('keeps all span lines of a request from every process, or none, by its id', () => {
    const verdicts = healthy.map((txn) => ({ txn, services: servicesOf(txn) }));
    for (const { txn, services } of verdicts) expect(services).toEqual(isIncluded(txn) ? ['catalog', 'gateway'] : []);
    expect(new Set(verdicts.map(({ services }) => services.length))).toEqual(new Set([0, 2]));
  });

  it('does not count a refusal as a failure', () => {
    for (const txn of refused) expect(servicesOf(txn)).toEqual(isIncluded(txn) ? ['catalog', 'gateway'] : []);
  });

  it('keeps a failed request whatever its id, and says why', () => {
    const spans = shop.log.ofTransaction(failed).filter(({ ev }) => ev === 'end');
    expect(spans.length).toBeGreaterThan(0);
    for (const each of spans) expect(each.kept).toBe('error');
  });
});
