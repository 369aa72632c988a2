import { Shop } from '../../../scripts/lib/shop.mjs';
import { signIn } from '../../../scripts/lib/sign-in.mjs';
import { drillSize } from '../../support/drills/drill-size.js';
import { HttpClient, inParallel } from '../../support/http-client.js';
import { serverIsThere } from '../../support/storage/test-server.js';
import { openShopDatabase, type ShopDatabase } from '../../support/topology/shop-database.js';

const ORDERS = drillSize({ ci: 200, full: 1_000 });
/** A pool's connections, plus some that wait. Many more would wait for longer than a slow machine allows. */
const AT_ONCE = 16;

interface Stock {
  readonly itemId: string;
  readonly available: number;
}

interface Order {
  readonly id: string;
  readonly status: string;
  readonly lines: readonly { readonly itemId: string; readonly quantity: number }[];
}

/** A server grants locks in parallel; the embedded database runs one transaction after the other. */
const DATABASES = [
  ['the embedded database', async () => undefined],
  ...(serverIsThere ? [['PostgreSQL', openShopDatabase] as const] : []),
] as const;

describe.each(DATABASES)(`${ORDERS} concurrent orders on %s`, (_name, open) => {
  let database: ShopDatabase | undefined;
  let monolith: Shop;
  let client: HttpClient;

  beforeAll(async () => {
    database = await open();
    monolith = await Shop.start({ settings: { LOG_LEVEL: 'warn', ...database?.settings } });
    client = new HttpClient(monolith.url, AT_ONCE);
  });

  afterAll(async () => {
    client?.close();
    await monolith?.stop();
    await database?.drop();
  });

  it('sell exactly the stock that is there', async () => {
    const { accessToken } = await signIn({ login: 'alice', issuer: monolith.issuer });
    const alice = client.as(accessToken);
    const { items } = (await alice('/catalog/items')).json<{ items: { id: string }[] }>();
    // Too little for all: some orders have to be refused.
    const initial = 0.7 * ORDERS;
    for (const { id } of items) {
      const answer = await alice(`/inventory/stock/${id}`, { method: 'PUT', body: { onHand: initial } });
      expect(answer.status).toBeLessThan(300);
    }

    const statuses = new Map<number, number>();
    await inParallel(ORDERS, AT_ONCE, async (index) => {
      const lines = items.slice(0, 1 + (index % items.length)).map(({ id }) => ({ itemId: id, quantity: 1 }));
      const { status } = await alice('/orders', { method: 'POST', body: { lines } });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    });
    expect([...statuses.keys()].filter((status) => status !== 201 && status !== 409)).toEqual([]);
    expect(statuses.get(201)).toBeGreaterThan(0);
    expect(statuses.get(409)).toBeGreaterThan(0);

    const sold = new Map<string, number>();
    let confirmed = 0;
    for (const order of await allOrders(alice)) {
      if (order.status !== 'confirmed') continue;
      confirmed++;
      for (const { itemId, quantity } of order.lines) sold.set(itemId, (sold.get(itemId) ?? 0) + quantity);
    }
    expect(confirmed).toBe(statuses.get(201));
    for (const { id } of items) {
      const stock = (await alice(`/inventory/stock/${id}`)).json<Stock>();
      expect(stock.available + (sold.get(id) ?? 0)).toBe(initial);
    }
  });
});

async function allOrders(call: ReturnType<HttpClient['as']>): Promise<Order[]> {
  const orders: Order[] = [];
  let cursor: string | undefined;
  do {
    const page = await call(`/orders?limit=100${cursor ? `&cursor=${cursor}` : ''}`);
    const { orders: more, nextCursor } = page.json<{ orders: Order[]; nextCursor?: string }>();
    orders.push(...more);
    cursor = nextCursor;
  } while (cursor);
  return orders;
}
