import { setTimeout as delay } from 'node:timers/promises';
import { Shop } from '../../../scripts/lib/shop.mjs';
import { DOMAINS } from '../../../scripts/lib/topology.mjs';
import { drillSize } from '../../support/drills/drill-size.js';
import { HttpClient } from '../../support/http-client.js';
import { FileIssuer } from '../../support/topology/file-issuer.js';
import { seeded, shuffled } from '../../support/topology/random.js';
import { openShopDatabase, type ShopDatabase } from '../../support/topology/shop-database.js';

const SEED = Number(process.env['CRASH_SEED'] ?? 7);
const WORKERS = 12;
const INITIAL_STOCK = 100_000;
/** Orders that must succeed before the next process dies. */
const BETWEEN_DEATHS = 15;
const DEATHS_OF_EACH = drillSize({ ci: 1, full: 2 });
const SETTLING_LIMIT_MS = 240_000;
const ITEMS = ['0197a000-0000-7000-8000-00000000ac01', '0197a000-0000-7000-8000-00000000ac02'];
const MOMENTS = ['POST /orders', 'catalog.findItems', 'inventory.reserve', 'inventory.confirm'];

interface Order {
  readonly id: string;
  readonly status: string;
  readonly lines: readonly { readonly itemId: string; readonly quantity: number }[];
}

interface Attempt {
  readonly key: string;
  readonly quantity: number;
  /** A status, or how the connection broke. */
  readonly outcome: number | string;
  readonly orderId: string | undefined;
  /** The gateway died while the caller waited, or was down. */
  readonly withoutGateway: boolean;
}

describe(`processes that are killed while people order (seed ${SEED})`, () => {
  const random = seeded(SEED);
  let database: ShopDatabase;
  let issuer: FileIssuer;
  let shop: Shop;
  let client: HttpClient;
  let alice: ReturnType<HttpClient['as']>;
  const attempts: Attempt[] = [];
  const gateway = { deaths: 0, isUp: true };

  beforeAll(async () => {
    database = await openShopDatabase();
    issuer = await FileIssuer.create();
    shop = await Shop.start({
      extracted: DOMAINS,
      // Also reports when an operation starts: the moments at which to kill.
      settings: { LOG_LEVEL: 'debug', ...database.settings },
      gatewaySettings: issuer.settings,
    });
    client = new HttpClient(shop.url, WORKERS);
    alice = client.as(issuer.token('alice', 'acme'));
    for (const id of ITEMS) {
      const { status } = await alice(`/inventory/stock/${id}`, { method: 'PUT', body: { onHand: INITIAL_STOCK } });
      expect(status).toBe(200);
    }
  });

  afterAll(async () => {
    client?.close();
    await shop?.stop();
    await issuer?.close();
    await database?.drop();
  });

  const order = async (key: string, quantity: number): Promise<Attempt> => {
    const { deaths } = gateway;
    const lines = ITEMS.map((itemId) => ({ itemId, quantity }));
    const answer = await alice('/orders', {
      method: 'POST',
      body: { lines },
      headers: { 'idempotency-key': key },
    }).catch((error: unknown) => String(error));
    const withoutGateway = !gateway.isUp || gateway.deaths > deaths;
    if (typeof answer === 'string') return { key, quantity, outcome: answer, orderId: undefined, withoutGateway };
    const orderId = answer.status === 201 ? answer.json<Order>().id : undefined;
    return { key, quantity, outcome: answer.status, orderId, withoutGateway };
  };

  it('answer callers with 502 or 504 and serve again once back, without restarting any other process', async () => {
    const load = new Load(order, attempts);
    load.start(WORKERS);
    const victims = Array.from({ length: DEATHS_OF_EACH }, () => shuffled(shop.names, random)).flat();
    for (const victim of victims) {
      await load.succeeded(BETWEEN_DEATHS);
      const moment = MOMENTS[Math.floor(random() * MOMENTS.length)];
      await shop.log.next(({ ev, op }: { ev?: string; op?: string }) => ev === 'start' && op === moment);
      if (victim === 'gateway') Object.assign(gateway, { deaths: gateway.deaths + 1, isUp: false });
      load.pauseAfterFailures();
      const failed = load.failed(WORKERS);
      await shop.kill(victim);
      // All of them: a call still on its way would reach a service that listens and is not ready yet.
      await failed;
      await shop.restart(victim);
      gateway.isUp = true;
      const first = await order(`first-after-${attempts.length}`, 1);
      expect([victim, moment, first.outcome]).toEqual([victim, moment, 201]);
      attempts.push(first);
      load.resume();
    }
    await load.succeeded(BETWEEN_DEATHS);
    await load.stop();

    const unexpected = attempts.filter(({ outcome, withoutGateway }) => {
      if (typeof outcome === 'string') return !withoutGateway;
      return ![201, 502, 504].includes(outcome);
    });
    expect(unexpected).toEqual([]);
    expect(attempts.filter(({ outcome }) => outcome !== 201).length).toBeGreaterThanOrEqual(victims.length);
    // Eight processes start in it, one after the other.
  }, 900_000);

  it('lose no confirmed order, and a retry with the same key completes what was left', async () => {
    const interrupted = attempts.filter(({ outcome }) => outcome !== 201);
    for (const { key, quantity } of interrupted.filter((_, index) => index % 2 === 0)) {
      const retried = await order(key, quantity);
      // A reader may have cancelled it meanwhile.
      expect([201, 409]).toContain(retried.outcome);
      attempts.push(retried);
    }
    const orders = await settledOrders();
    const confirmed = new Set(orders.filter(({ status }) => status === 'confirmed').map(({ id }) => id));
    const promised = attempts.flatMap(({ orderId }) => orderId ?? []);
    expect(promised.filter((id) => !confirmed.has(id))).toEqual([]);
    expect(orders.filter(({ status }) => status !== 'confirmed' && status !== 'cancelled')).toEqual([]);
  });

  it('lose no stock: units sold and units left add up', async () => {
    const orders = await settledOrders();
    for (const id of ITEMS) {
      const sold = orders
        .filter(({ status }) => status === 'confirmed')
        .flatMap(({ lines }) => lines.filter(({ itemId }) => itemId === id))
        .reduce((sum, { quantity }) => sum + quantity, 0);
      const stock = (await alice(`/inventory/stock/${id}`)).json<{ onHand: number; reserved: number }>();
      expect({ ...stock, sold }).toMatchObject({ onHand: INITIAL_STOCK - sold, reserved: 0 });
      expect(sold).toBeGreaterThan(0);
    }
  });

  it('leave no confirmed reservation without its order, and no confirmed order without its reservation', async () => {
    await settledOrders();
    if (database.query === undefined) return;
    const apart = await database.query(`
      select r.order_id, r.status as reservation, o.id, o.status as order
      from inventory.reservations r full join orders.orders o on o.id = r.order_id
      where (r.status = 'confirmed') is distinct from (o.status = 'confirmed')
        and (r.status = 'confirmed' or o.status = 'confirmed') or r.status = 'held'`);
    expect(apart).toEqual([]);
  });

  /** All orders, once readers have completed every interrupted one. */
  const settledOrders = async (): Promise<Order[]> => {
    const deadline = Date.now() + SETTLING_LIMIT_MS;
    for (;;) {
      const orders = await allOrders();
      const open = orders.filter(({ status }) => status === 'pending' || status === 'cancelling');
      if (open.length === 0) return orders;
      if (Date.now() > deadline) throw new Error(`still open: ${JSON.stringify(open)}`);
      await delay(250);
    }
  };

  const allOrders = async (): Promise<Order[]> => {
    const orders: Order[] = [];
    let cursor: string | undefined;
    do {
      const answer = await alice(`/orders?limit=100${cursor ? `&cursor=${cursor}` : ''}`);
      expect(answer.status).toBe(200);
      const page = answer.json<{ orders: Order[]; nextCursor?: string }>();
      orders.push(...page.orders);
      cursor = page.nextCursor;
    } while (cursor);
    return orders;
  };
});

/** Users who order one thing after the other; one that fails waits until the shop is whole again. */
class Load {
  #workers: Promise<void>[] = [];
  #stopped = false;
  #whole: Promise<void> = Promise.resolve();
  #resume = (): void => undefined;
  #count = 0;
  #waiting: { readonly kind: 'success' | 'failure'; left: number; readonly resolve: () => void }[] = [];

  constructor(
    private readonly order: (key: string, quantity: number) => Promise<Attempt>,
    private readonly attempts: Attempt[],
  ) {}

  start(workers: number): void {
    this.#workers = Array.from({ length: workers }, () => this.#work());
  }

  /** Until this many more orders have succeeded. */
  succeeded(count: number): Promise<void> {
    return this.#until('success', count);
  }

  /** Until this many more orders have failed. */
  failed(count: number): Promise<void> {
    return this.#until('failure', count);
  }

  pauseAfterFailures(): void {
    this.#whole = new Promise((resolve) => (this.#resume = resolve));
  }

  resume(): void {
    this.#resume();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#workers);
  }

  async #work(): Promise<void> {
    while (!this.#stopped) {
      const number = this.#count++;
      const attempt = await this.order(`order-${number}`, 1 + (number % 3));
      this.attempts.push(attempt);
      const kind = attempt.outcome === 201 ? 'success' : 'failure';
      for (const waiting of this.#waiting.filter((one) => one.kind === kind)) {
        if (--waiting.left === 0) waiting.resolve();
      }
      this.#waiting = this.#waiting.filter(({ left }) => left > 0);
      if (kind === 'failure') await this.#whole;
    }
  }

  #until(kind: 'success' | 'failure', left: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ kind, left, resolve }));
  }
}
