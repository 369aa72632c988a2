import { jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { PortError } from '@app/contracts';
import { StorageModule } from '@app/storage';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { InternalTokenContext, InternalTokenModule } from 'nestjs-internal-token';
import { reflectRoutes } from 'nestjs-internal-token/gateway';
import { TestTokenIssuer, type TestTokenInput } from 'nestjs-internal-token/testing';
import { Clock, InventoryController, InventoryModule, InventorySeed, InventoryService, StockService } from './index.js';

// Opens embedded databases.
jest.setTimeout(300_000);

class SetClock extends Clock {
  time = Date.parse('2026-11-01T12:00:00Z');
  override now(): Date {
    return new Date(this.time);
  }
}

const keeper = (tenantId: string): TestTokenInput => ({
  tenantId,
  scope: 'inventory.read inventory.write orders.write',
  permissions: ['inventory:read', 'inventory:write'],
});

describe('inventory', () => {
  const issuer = new TestTokenIssuer();
  const clock = new SetClock();
  let app: NestFastifyApplication;
  let inventory: InventoryService;
  let stock: StockService;

  beforeAll(async () => {
    const module = await Test.createTestingModule({
      imports: [
        InternalTokenModule.forRoot({
          service: 'inventory',
          trustDomain: 'test',
          keys: issuer.keys,
          requireScopePolicy: true,
        }),
        StorageModule.forRoot({ memory: true }),
        InventoryModule,
      ],
    })
      .overrideProvider(Clock)
      .useValue(clock)
      .compile();
    app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    await app.init();
    inventory = app.get(InventoryService);
    stock = app.get(StockService);
  });
  afterAll(() => app.close());

  const as = <T>(tenantId: string, work: () => Promise<T>): Promise<T> =>
    app.get(InternalTokenContext).run(issuer.claims(keeper(tenantId)), work);
  const acme = <T>(work: () => Promise<T>): Promise<T> => as('acme', work);

  async function itemWith(onHand: number): Promise<string> {
    const itemId = randomUUID();
    await acme(() => stock.set(itemId, onHand));
    return itemId;
  }
  const level = (itemId: string) =>
    acme(() => stock.get(itemId)).then(({ onHand, reserved, available }) => [onHand, reserved, available]);
  const reserve = (orderId: string, itemId: string, quantity: number) =>
    acme(() => inventory.reserve({ orderId, lines: [{ itemId, quantity }] }));
  const confirm = (orderId: string) => acme(() => inventory.confirm({ orderId }));
  const release = (orderId: string) => acme(() => inventory.release({ orderId }));
  const code = (promise: Promise<unknown>) =>
    promise.then(
      () => 'no error',
      (error: unknown) => (error instanceof PortError ? `${error.status} ${error.code}` : error),
    );

  it('reserves, confirms and releases stock', async () => {
    const item = await itemWith(10);
    const order = randomUUID();
    await reserve(order, item, 4);
    expect(await level(item)).toEqual([10, 4, 6]);
    expect(await confirm(order)).toEqual({ orderId: order, status: 'confirmed' });
    expect(await level(item)).toEqual([6, 0, 6]);
    expect(await release(order)).toEqual({ orderId: order, status: 'released' });
    expect(await level(item)).toEqual([10, 0, 10]);
  });

  it('applies each call once, however often it is repeated, also concurrently', async () => {
    const item = await itemWith(10);
    const order = randomUUID();
    const held = await Promise.all([1, 2, 3].map(() => reserve(order, item, 4)));
    expect(new Set(held.map(({ expiresAt }) => expiresAt)).size).toBe(1);
    expect(await level(item)).toEqual([10, 4, 6]);
    await Promise.all([1, 2, 3].map(() => confirm(order)));
    await reserve(order, item, 4);
    expect(await level(item)).toEqual([6, 0, 6]);
    await Promise.all([1, 2, 3].map(() => release(order)));
    expect(await level(item)).toEqual([10, 0, 10]);
  });

  it('frees the stock of a reservation after two minutes, without a cleanup', async () => {
    const item = await itemWith(5);
    const order = randomUUID();
    await reserve(order, item, 5);
    clock.time += 119_999;
    expect(await level(item)).toEqual([5, 5, 0]);
    expect(await code(reserve(randomUUID(), item, 1))).toBe('409 out_of_stock');
    clock.time += 1;
    expect(await level(item)).toEqual([5, 0, 5]);
    await reserve(randomUUID(), item, 5);
    expect(await confirm(order)).toEqual({ orderId: order, status: 'released' });
    expect(await level(item)).toEqual([5, 5, 0]);
  });

  it('reserves again for an order that retries after its reservation expired', async () => {
    const item = await itemWith(5);
    const order = randomUUID();
    await reserve(order, item, 5);
    clock.time += 120_000;
    await reserve(order, item, 5);
    expect((await confirm(order)).status).toBe('confirmed');
    expect(await level(item)).toEqual([0, 0, 0]);
  });

  it('keeps refusing an order it has refused, so that a retry gets the same answer', async () => {
    const item = await itemWith(1);
    const order = randomUUID();
    expect(await code(reserve(order, item, 2))).toBe('409 out_of_stock');
    await acme(() => stock.set(item, 10));
    expect(await code(reserve(order, item, 2))).toBe('409 out_of_stock');
    expect((await confirm(order)).status).toBe('released');
    expect(await level(item)).toEqual([10, 0, 10]);
  });

  it.each([
    ['confirming', (orderId: string) => confirm(orderId)],
    ['releasing', (orderId: string) => release(orderId)],
  ])('closes an order that never reserved for good by %s', async (_, close) => {
    const item = await itemWith(1);
    const order = randomUUID();
    expect(await close(order)).toEqual({ orderId: order, status: 'released' });
    expect(await code(reserve(order, item, 1))).toBe('409 reservation_closed');
    expect(await level(item)).toEqual([1, 0, 1]);
  });

  it('reserves all lines or none', async () => {
    const [plenty, scarce] = [await itemWith(10), await itemWith(1)];
    const lines = [
      { itemId: plenty, quantity: 2 },
      { itemId: scarce, quantity: 2 },
    ];
    expect(await code(acme(() => inventory.reserve({ orderId: randomUUID(), lines })))).toBe('409 out_of_stock');
    expect(await level(plenty)).toEqual([10, 0, 10]);
  });

  it('never reserves more than there is, however many orders run concurrently', async () => {
    const items = [await itemWith(20), await itemWith(20)];
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, n) => {
        const lines = items.map((itemId) => ({ itemId, quantity: 1 }));
        if (n % 2) lines.reverse();
        const orderId = randomUUID();
        return code(acme(() => inventory.reserve({ orderId, lines }).then(() => inventory.confirm({ orderId }))));
      }),
    );
    expect(outcomes.filter((outcome) => outcome === 'no error')).toHaveLength(20);
    for (const item of items) expect(await level(item)).toEqual([0, 0, 0]);
  });

  it('refuses to set less stock than is reserved', async () => {
    const item = await itemWith(5);
    const order = randomUUID();
    await reserve(order, item, 4);
    expect(await code(acme(() => stock.set(item, 3)))).toBe('409 stock_held');
    await acme(() => stock.set(item, 4));
    expect((await confirm(order)).status).toBe('confirmed');
  });

  it('keeps tenants apart: equal item and order ids are different records', async () => {
    const item = await itemWith(5);
    const order = randomUUID();
    await reserve(order, item, 5);
    expect(await code(as('globex', () => stock.get(item)))).toBe('404 stock_not_found');
    expect((await as('globex', () => inventory.release({ orderId: order }))).status).toBe('released');
    expect((await confirm(order)).status).toBe('confirmed');
  });

  it('seeds only once', async () => {
    await app.get(InventorySeed).run();
    const anvil = '0197a000-0000-7000-8000-00000000ac01';
    await acme(() => stock.set(anvil, 7));
    await app.get(InventorySeed).run();
    expect(await level(anvil)).toEqual([7, 0, 7]);
  });

  describe('over HTTP', () => {
    async function call(method: 'GET' | 'PUT', path: string, who: TestTokenInput, payload?: object | string) {
      const headers = { 'txn-token': issuer.token(who), 'content-type': 'application/json' };
      const answer = await app.inject({ method, url: `/inventory${path}`, headers, ...(payload && { payload }) });
      return { status: answer.statusCode, body: answer.json() };
    }

    it('R44: declares the scopes of every route', () => {
      for (const route of reflectRoutes([InventoryController], 'inventory')) expect(route.scopes).toBeDefined();
    });

    it('sets, shows and lists stock', async () => {
      const item = randomUUID();
      const expected = { itemId: item, onHand: 3, reserved: 0, available: 3 };
      expect(await call('PUT', `/stock/${item.toUpperCase()}`, keeper('acme'), { onHand: 3 })).toEqual({
        status: 200,
        body: expected,
      });
      expect((await call('GET', `/stock/${item}`, keeper('acme'))).body).toEqual(expected);
      expect((await call('GET', '/stock?limit=100', keeper('acme'))).body.stock).toContainEqual(expected);
      expect((await call('GET', '/stock?limit=100', keeper('globex'))).body.stock).not.toContainEqual(expected);
    });

    it("pages by the shop's common cursor, and keeps stock for any item id", async () => {
      const clerk = keeper('initech');
      const items = [randomUUID(), randomUUID(), randomUUID()].sort();
      for (const item of items) await call('PUT', `/stock/${item}`, clerk, { onHand: 1 });
      const pages: string[][] = [];
      for (let path = '/stock?limit=2'; ;) {
        const { body } = await call('GET', path, clerk);
        pages.push((body.stock as { itemId: string }[]).map(({ itemId }) => itemId));
        if (!body.nextCursor) break;
        path = `/stock?limit=2&cursor=${body.nextCursor}`;
      }
      expect(pages).toEqual([items.slice(0, 2), items.slice(2)]);
      expect((await call('GET', '/stock?after=1', clerk)).status).toBe(400);
    });

    it('requires purpose and permission', async () => {
      const path = `/stock/${randomUUID()}`;
      const reader = { ...keeper('acme'), permissions: ['inventory:read'] };
      expect((await call('PUT', path, reader, { onHand: 1 })).status).toBe(403);
      expect((await call('PUT', path, { ...keeper('acme'), scope: 'inventory.read' }, { onHand: 1 })).status).toBe(403);
    });

    it.each([{ onHand: -1 }, { onHand: 1e7 }, { onHand: 2 ** 53 }, { onHand: '1' }, { onHand: 1, held: 0 }, {}, []])(
      'refuses %j',
      async (payload) => {
        expect((await call('PUT', `/stock/${randomUUID()}`, keeper('acme'), payload)).status).toBe(400);
      },
    );

    it('returns the claims as the handler sees them', async () => {
      expect((await call('GET', '/me', { ...keeper('acme'), userId: 'ada' })).body.userId).toBe('ada');
    });
  });
});
