import { jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { CatalogApi, type CatalogItem, InventoryApi, type Order, PortError } from '@app/contracts';
import { StorageModule } from '@app/storage';
import { Global, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { InternalTokenModule } from 'nestjs-internal-token';
import { reflectRoutes } from 'nestjs-internal-token/gateway';
import { InternalTokenProblemFilter } from 'nestjs-internal-token/http';
import { TestTokenIssuer, type TestTokenInput } from 'nestjs-internal-token/testing';
import { OrdersController, OrdersModule } from './index.js';

// Opens embedded databases.
jest.setTimeout(300_000);

const item = (sku: string, price: number, currency = 'EUR'): CatalogItem => ({
  id: randomUUID(),
  sku,
  name: sku,
  price,
  currency,
  public: true,
});
const ROPE = item('rope', 1_950);
const ANVIL = item('anvil', 12_900);
const BOOK = item('book', 1_000, 'USD');

class ListedCatalog extends CatalogApi {
  asked = 0;
  override async findItems({ itemIds }: { itemIds: string[] }) {
    this.asked += 1;
    return { items: [ROPE, ANVIL, BOOK].filter(({ id }) => itemIds.includes(id)) };
  }
}

class EndlessInventory extends InventoryApi {
  released: string[] = [];
  override async reserve({ orderId }: { orderId: string }) {
    return { orderId, expiresAt: new Date().toISOString() };
  }
  override async confirm({ orderId }: { orderId: string }) {
    return { orderId, status: 'confirmed' as const };
  }
  override async release({ orderId }: { orderId: string }) {
    this.released.push(orderId);
    return { orderId, status: 'released' as const };
  }
}

const catalog = new ListedCatalog();
const inventory = new EndlessInventory();

@Global()
@Module({
  providers: [
    { provide: CatalogApi, useValue: catalog },
    { provide: InventoryApi, useValue: inventory },
  ],
  exports: [CatalogApi, InventoryApi],
})
class Neighbours {}

const buyer = (tenantId: string, userId = 'ada'): TestTokenInput => ({
  userId,
  tenantId,
  scope: 'orders.read orders.write',
  permissions: ['orders:read', 'orders:write'],
});
const lines = [{ itemId: ROPE.id, quantity: 2 }];

describe('orders', () => {
  const issuer = new TestTokenIssuer();
  let app: NestFastifyApplication;

  beforeAll(async () => {
    const module = await Test.createTestingModule({
      imports: [
        InternalTokenModule.forRoot({
          service: 'orders',
          trustDomain: 'test',
          keys: issuer.keys,
          requireScopePolicy: true,
        }),
        StorageModule.forRoot({ memory: true }),
        Neighbours,
        OrdersModule,
      ],
      providers: [{ provide: APP_FILTER, useClass: InternalTokenProblemFilter }],
    }).compile();
    app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    await app.init();
  });
  afterAll(() => app.close());

  async function call(
    method: 'GET' | 'POST',
    path: string,
    who: TestTokenInput,
    payload?: object | string,
    key?: string,
  ) {
    const headers: Record<string, string> = { 'txn-token': issuer.token(who) };
    if (payload !== undefined) headers['content-type'] = 'application/json';
    if (key !== undefined) headers['idempotency-key'] = key;
    const answer = await app.inject({ method, url: `/orders${path}`, headers, ...(payload && { payload }) });
    return { status: answer.statusCode, body: answer.json() };
  }
  const place = (who = buyer('acme'), key?: string, wanted: object[] = lines) =>
    call('POST', '', who, { lines: wanted }, key);

  it('R44: every route says what it is for and what it takes', () => {
    for (const route of reflectRoutes([OrdersController], 'orders')) {
      expect(route.scopes).toBeDefined();
      if (route.scopes !== 'any') expect(route.permissions).toHaveLength(1);
    }
  });

  it('places at the catalog’s prices and shows it again', async () => {
    const wanted = [...lines, { itemId: ANVIL.id.toUpperCase(), quantity: 1 }];
    const placed = await place(buyer('acme'), undefined, wanted);
    expect(placed).toMatchObject({
      status: 201,
      body: {
        status: 'confirmed',
        currency: 'EUR',
        total: 16_800,
        lines: [{ unitPrice: 1_950 }, { unitPrice: 12_900 }],
      },
    });
    expect((await call('GET', `/${placed.body.id}`, buyer('acme'))).body).toEqual(placed.body);
  });

  it('cancels once, returning the stock', async () => {
    const { body } = await place();
    for (const _ of [1, 2]) {
      expect(await call('POST', `/${body.id}/cancel`, buyer('acme'))).toMatchObject({
        status: 200,
        body: { id: body.id, status: 'cancelled' },
      });
    }
    expect(inventory.released.filter((orderId) => orderId === body.id)).toHaveLength(1);
  });

  describe('with an Idempotency-Key', () => {
    it('gives the same answer to the same order, whatever the sequence of its lines, without asking prices again', async () => {
      const two = [...lines, { itemId: ANVIL.id, quantity: 1 }];
      const first = await place(buyer('acme'), 'same', two);
      const asked = catalog.asked;
      expect(await place(buyer('acme'), 'same', [...two].reverse())).toEqual(first);
      expect(catalog.asked).toBe(asked);
    });

    it('refuses another order under the same key', async () => {
      await place(buyer('acme'), 'used');
      const other = await place(buyer('acme'), 'used', [{ itemId: ROPE.id, quantity: 3 }]);
      expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    });

    it('places one order for duplicates that come together', async () => {
      const all = await Promise.all(Array.from({ length: 12 }, () => place(buyer('acme'), 'together')));
      expect(new Set(all.map(({ status }) => status))).toEqual(new Set([201]));
      expect(new Set(all.map(({ body }) => body.id)).size).toBe(1);
    });

    it('keeps users and tenants apart', async () => {
      const who = [buyer('acme', 'ada'), buyer('acme', 'bob'), buyer('globex', 'ada')];
      const all = await Promise.all(who.map((user) => place(user, 'mine')));
      expect(new Set(all.map(({ body }) => body.id)).size).toBe(3);
    });

    it.each(['', 'a b', 'x'.repeat(129), 'a, b', '\u00e9'])('refuses the key %j', async (key) => {
      expect(await place(buyer('acme'), key)).toMatchObject({ status: 400, body: { code: 'idempotency_key_invalid' } });
    });
  });

  describe('in pages', () => {
    it('shows each order once, the newest first, also when others are placed meanwhile', async () => {
      const who = buyer(`pages-${randomUUID()}`);
      const placed: string[] = [];
      for (let n = 0; n < 7; n += 1) placed.push((await place(who)).body.id);
      const seen: string[] = [];
      for (let path = '?limit=3'; ;) {
        const { body } = await call('GET', path, who);
        seen.push(...body.orders.map(({ id }: Order) => id));
        if (!body.nextCursor) break;
        path = `?limit=3&cursor=${body.nextCursor}`;
        await place(who);
      }
      expect([...seen].sort()).toEqual([...placed].sort());
      expect(seen).toEqual([...seen].sort().reverse());
    });

    it.each(['?cursor=x', '?cursor=', '?cursor=%00', '?limit=0', '?limit=1e3', '?limit=1&limit=2', '?page=2'])(
      'refuses GET /orders%s',
      async (path) => {
        expect((await call('GET', path, buyer('acme'))).status).toBe(400);
      },
    );
  });

  it('keeps tenants apart', async () => {
    const { body } = await place(buyer('acme'));
    for (const answer of [
      await call('GET', `/${body.id}`, buyer('globex')),
      await call('POST', `/${body.id}/cancel`, buyer('globex')),
    ]) {
      expect(answer).toMatchObject({ status: 404, body: { code: 'order_not_found' } });
    }
    const { body: page } = await call('GET', '?limit=100', buyer('globex'));
    expect(page.orders.map(({ id }: Order) => id)).not.toContain(body.id);
    expect((await call('GET', `/${body.id}`, buyer('acme'))).body.status).toBe('confirmed');
  });

  it('R81: asks for purpose and permission', async () => {
    expect((await place({ ...buyer('acme'), scope: 'orders.read' })).status).toBe(403);
    expect((await place({ ...buyer('acme'), permissions: ['orders:read'] })).status).toBe(403);
    expect((await call('GET', '', { ...buyer('acme'), permissions: [] })).status).toBe(403);
  });

  it('refuses a user without a tenant', async () => {
    const tctx = { authenticated: true, permissions: ['orders:write'] };
    const answer = await app.inject({
      method: 'POST',
      url: '/orders',
      headers: { 'txn-token': issuer.forged({ payload: { tctx } }, buyer('acme')) },
      payload: { lines },
    });
    expect(answer).toMatchObject({ statusCode: 403 });
    expect(answer.json().code).toBe('tenant_required');
  });

  it.each([
    ['unknown_item', [{ itemId: randomUUID(), quantity: 1 }]],
    ['mixed_currencies', [...lines, { itemId: BOOK.id, quantity: 1 }]],
  ])('refuses with %s and keeps nothing', async (code, wanted) => {
    const who = buyer(`none-${randomUUID()}`);
    expect(await place(who, 'key', wanted)).toMatchObject({ status: 422, body: { code } });
    expect((await call('GET', '', who)).body.orders).toEqual([]);
  });

  it.each<[string, object | string]>([
    ['an empty body', ''],
    ['a list', '[]'],
    ['null', 'null'],
    ['broken JSON', '{"lines":'],
    ['no lines', { lines: [] }],
    ['lines that are none', { lines: 'x' }],
    ['an item twice', { lines: [...lines, ...lines] }],
    ['text for a quantity', { lines: [{ itemId: ROPE.id, quantity: '1' }] }],
    ['quantity 0', { lines: [{ itemId: ROPE.id, quantity: 0 }] }],
    ['quantity 2^53', { lines: [{ itemId: ROPE.id, quantity: 2 ** 53 }] }],
    ['quantity 1e999', `{"lines":[{"itemId":"${ROPE.id}","quantity":1e999}]}`],
    ['NUL in an id', { lines: [{ itemId: `${ROPE.id}\u0000`, quantity: 1 }] }],
    ['a price of its own', { lines: [{ itemId: ROPE.id, quantity: 1, unitPrice: 1 }] }],
    ['an unknown key', { lines, tenantId: 'globex' }],
    ['a prototype key', `{"__proto__":{"x":1},"lines":[]}`],
  ])('refuses %s', async (_, payload) => {
    expect((await call('POST', '', buyer('acme'), payload)).status).toBe(400);
  });

  it.each(['/x', '/%00', '/1', `/${'0'.repeat(36)}`])('refuses GET /orders%s', async (path) => {
    expect((await call('GET', path, buyer('acme'))).status).toBe(400);
  });

  it('answers the claims as the handler sees them', async () => {
    expect((await call('GET', '/me', buyer('acme', 'bob'))).body).toMatchObject({ userId: 'bob', tenantId: 'acme' });
  });

  it('lets a reader see an order that inventory cannot settle now', async () => {
    const { body } = await place();
    inventory.release = async () => {
      throw new PortError('port_unreachable', 503, 'no inventory');
    };
    expect((await call('POST', `/${body.id}/cancel`, buyer('acme'))).status).toBe(503);
    expect((await call('GET', `/${body.id}`, buyer('acme'))).body.status).toBe('cancelling');
    Reflect.deleteProperty(inventory, 'release');
    expect((await call('GET', `/${body.id}`, buyer('acme'))).body.status).toBe('cancelled');
  });
});
