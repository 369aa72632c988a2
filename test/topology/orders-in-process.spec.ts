import { randomUUID } from 'node:crypto';
import { CatalogModule, CatalogService } from '@app/catalog';
import {
  catalogPort,
  InventoryApi,
  inventoryPort,
  CatalogApi,
  type Order,
  PortError,
  type ReservationInput,
  type ReserveInput,
} from '@app/contracts';
import * as inventoryDomain from '@app/inventory';
import * as ordersDomain from '@app/orders';
import { inProcessPort } from '@app/ports';
import { StorageModule } from '@app/storage';
import { Global, Injectable, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { InternalTokenContext, InternalTokenModule } from 'nestjs-internal-token';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';
import { inParallel } from '../support/http-client.js';
import { drivers, type OpenBackend } from '../support/storage/backends.js';

const { InventoryModule } = inventoryDomain;
const { OrdersModule, OrdersService } = ordersDomain;

/** A pool's connections, plus some that wait. Many more would wait for longer than a slow machine allows. */
const AT_ONCE = 16;

class SetClock {
  time = Date.parse('2026-11-01T12:00:00Z');
  now(): Date {
    return new Date(this.time);
  }
}

type Step =
  'before reserve' | 'after reserve' | 'before confirm' | 'after confirm' | 'before release' | 'after release';

/** Inventory behind a connection that breaks once, at one step. */
@Injectable()
class BreakingInventory extends InventoryApi {
  breakAt: Step | undefined;

  constructor(private readonly inventory: inventoryDomain.InventoryService) {
    super();
  }

  override reserve(input: ReserveInput) {
    return this.#around('reserve', () => this.inventory.reserve(input));
  }
  override confirm(input: ReservationInput) {
    return this.#around('confirm', () => this.inventory.confirm(input));
  }
  override release(input: ReservationInput) {
    return this.#around('release', () => this.inventory.release(input));
  }

  async #around<T>(method: 'reserve' | 'confirm' | 'release', work: () => Promise<T>): Promise<T> {
    this.#at(`before ${method}`);
    const answer = await work();
    this.#at(`after ${method}`);
    return answer;
  }

  #at(step: Step): void {
    if (this.breakAt !== step) return;
    this.breakAt = undefined;
    throw PortError.of('port_interrupted', step);
  }
}

@Global()
@Module({
  imports: [CatalogModule, InventoryModule],
  providers: [
    BreakingInventory,
    inProcessPort(catalogPort, CatalogService),
    inProcessPort(inventoryPort, BreakingInventory),
  ],
  exports: [CatalogApi, InventoryApi],
})
class Wiring {}

describe.each(drivers)('orders, with catalog and inventory in the same process, on $name', ({ open }) => {
  const issuer = new TestTokenIssuer();
  const clock = new SetClock();
  let module: TestingModule;
  let backend: OpenBackend;
  let orders: ordersDomain.OrdersService;
  let connection: BreakingInventory;

  beforeAll(async () => {
    backend = await open();
    module = await Test.createTestingModule({
      imports: [
        InternalTokenModule.forRoot({ service: 'monolith', trustDomain: 'test', keys: issuer.keys }),
        StorageModule.forRoot(backend.options),
        Wiring,
        OrdersModule,
      ],
    })
      .overrideProvider(inventoryDomain.Clock)
      .useValue(clock)
      .overrideProvider(ordersDomain.Clock)
      .useValue(clock)
      .compile();
    module.useLogger(false);
    await module.init();
    orders = module.get(OrdersService, { strict: false });
    connection = module.get(BreakingInventory, { strict: false });
  });
  afterAll(async () => {
    await module?.close();
    await backend?.close();
  });

  const claimsOf = (tenantId: string, scope = 'orders.write orders.read', ...more: string[]) =>
    issuer.claims({
      userId: 'ada',
      tenantId,
      scope,
      permissions: ['orders:write', 'orders:read', ...more],
    });
  const as = <T>(tenantId: string, work: () => Promise<T>): Promise<T> =>
    module.get(InternalTokenContext).run(claimsOf(tenantId), work);
  const acme = <T>(work: () => Promise<T>): Promise<T> => as('acme', work);
  const reader = <T>(work: () => Promise<T>): Promise<T> =>
    module.get(InternalTokenContext).run(claimsOf('acme', 'orders.read'), work);

  const keeper = ['inventory:read', 'inventory:write', 'catalog:write'] as const;
  const manage = <T>(work: () => Promise<T>): Promise<T> =>
    module.get(InternalTokenContext).run(claimsOf('acme', 'inventory.write catalog.write', ...keeper), work);
  const stock = () => module.get(inventoryDomain.StockService, { strict: false });

  async function itemWith(onHand: number): Promise<string> {
    return manage(async () => {
      const catalog = module.get(CatalogService, { strict: false });
      const item = await catalog.create({
        sku: randomUUID(),
        name: 'Thing',
        price: 100,
        currency: 'EUR',
        public: false,
      });
      await stock().set(item.id, onHand);
      return item.id;
    });
  }
  const level = (itemId: string) =>
    manage(() => stock().get(itemId)).then(({ onHand, reserved }) => [onHand, reserved]);
  const place = (itemId: string, quantity = 1, key?: string): Promise<Order> =>
    acme(() => orders.place({ lines: [{ itemId, quantity }], ...(key !== undefined && { idempotencyKey: key }) }));
  const code = (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => 'placed',
      (error: unknown) => (error instanceof PortError ? error.code : String(error)),
    );
  const newest = async (): Promise<string> => {
    const { orders: page } = await acme(() => orders.list({ limit: 1 }));
    return page[0]!.id;
  };

  it('places an order and takes its stock; cancelling returns it once', async () => {
    const item = await itemWith(5);
    const order = await place(item, 2);
    expect(order).toMatchObject({ status: 'confirmed', total: 200 });
    expect(await level(item)).toEqual([3, 0]);
    for (const _ of [1, 2]) await acme(() => orders.cancel({ orderId: order.id }));
    expect(await level(item)).toEqual([5, 0]);
  });

  it('refuses an order that is out of stock, and a repetition with the same key', async () => {
    const item = await itemWith(1);
    expect(await code(place(item, 2, 'short'))).toBe('out_of_stock');
    await manage(() => stock().set(item, 9));
    expect(await code(place(item, 2, 'short'))).toBe('out_of_stock');
    expect(await code(place(item, 2, 'another'))).toBe('placed');
    expect(await level(item)).toEqual([7, 0]);
  });

  it('keeps stock and orders consistent over 200 concurrent orders of three items', async () => {
    const items = [await itemWith(30), await itemWith(20), await itemWith(10)];
    const wanted = Array.from({ length: 200 }, (_, n) => ({ itemId: items[n % 3]!, quantity: 1 + (n % 2) }));
    const outcomes: string[] = [];
    await inParallel(wanted.length, AT_ONCE, async (index) => {
      const { itemId, quantity } = wanted[index]!;
      outcomes[index] = await place(itemId, quantity).then(
        ({ status }) => status,
        (error: PortError) => error.code,
      );
    });
    expect(new Set(outcomes)).toEqual(new Set(['confirmed', 'out_of_stock']));
    for (const [index, initial] of [30, 20, 10].entries()) {
      const sold = wanted.reduce(
        (sum, { itemId, quantity }, n) =>
          itemId === items[index] && outcomes[n] === 'confirmed' ? sum + quantity : sum,
        0,
      );
      const [onHand, reserved] = await level(items[index]!);
      expect({ sold, left: onHand! + reserved! }).toEqual({ sold, left: initial - sold });
      expect(onHand).toBe(0);
    }
  });

  describe('a crash while placing', () => {
    it.each<[Step, Order['status'], number]>([
      ['before reserve', 'cancelled', 5],
      ['after reserve', 'confirmed', 3],
      ['before confirm', 'confirmed', 3],
      ['after confirm', 'confirmed', 3],
    ])('%s: the next reader finds the order %s', async (step, status, onHand) => {
      const item = await itemWith(5);
      connection.breakAt = step;
      expect(await code(place(item, 2))).toBe('port_interrupted');
      const orderId = await newest();
      expect((await reader(() => orders.get({ orderId }))).status).toBe('pending');
      clock.time += 10_000;
      expect((await reader(() => orders.get({ orderId }))).status).toBe(status);
      expect(await level(item)).toEqual([onHand, 0]);
      expect((await reader(() => orders.get({ orderId }))).status).toBe(status);
    });

    it.each<[Step, Order['status'], number]>([
      ['before reserve', 'cancelled', 5],
      ['after reserve', 'cancelled', 5],
      ['before confirm', 'cancelled', 5],
      ['after confirm', 'confirmed', 3],
    ])(
      '%s: after the reservation expires, a list finds the order %s and no stock is lost',
      async (step, status, onHand) => {
        const item = await itemWith(5);
        connection.breakAt = step;
        await code(place(item, 2));
        const orderId = await newest();
        clock.time += 120_000;
        expect((await level(item))[1]).toBe(0);
        const { orders: page } = await reader(() => orders.list({ limit: 1 }));
        expect(page).toMatchObject([{ id: orderId, status }]);
        expect(await level(item)).toEqual([onHand, 0]);
      },
    );

    it.each<Step>(['before reserve', 'after reserve', 'before confirm', 'after confirm'])(
      '%s: a retry with the same key completes the same order',
      async (step) => {
        const item = await itemWith(5);
        const key = randomUUID();
        connection.breakAt = step;
        expect(await code(place(item, 2, key))).toBe('port_interrupted');
        const orderId = await newest();
        expect(await place(item, 2, key)).toMatchObject({ id: orderId, status: 'confirmed' });
        expect(await level(item)).toEqual([3, 0]);
      },
    );

    it('tells a retry that a reader has cancelled the order meanwhile', async () => {
      const item = await itemWith(5);
      connection.breakAt = 'before reserve';
      await code(place(item, 2, 'late'));
      clock.time += 10_000;
      await newest();
      expect(await code(place(item, 2, 'late'))).toBe('reservation_expired');
      expect(await level(item)).toEqual([5, 0]);
    });
  });

  it.each<Step>(['before release', 'after release'])(
    'a crash while cancelling, %s: the next reader completes it',
    async (step) => {
      const item = await itemWith(5);
      const { id: orderId } = await place(item, 2);
      connection.breakAt = step;
      expect(await code(acme(() => orders.cancel({ orderId })))).toBe('port_interrupted');
      expect((await reader(() => orders.get({ orderId }))).status).toBe('cancelled');
      expect(await level(item)).toEqual([5, 0]);
    },
  );

  it('brings concurrent placing, retries, reads and a cancel to one state that inventory agrees with', async () => {
    for (let round = 0; round < 10; round += 1) {
      const item = await itemWith(5);
      const key = randomUUID();
      connection.breakAt = 'before reserve';
      await code(place(item, 2, key));
      const orderId = await newest();
      clock.time += 10_000;
      await Promise.all([
        code(place(item, 2, key)),
        reader(() => orders.get({ orderId })),
        code(place(item, 2, key)),
        ...(round % 2 ? [acme(() => orders.cancel({ orderId }))] : []),
      ]);
      const { status } = await reader(() => orders.get({ orderId }));
      expect(['confirmed', 'cancelled']).toContain(status);
      expect(await level(item)).toEqual([status === 'confirmed' ? 3 : 5, 0]);
    }
  });

  it("does not sell another tenant's items", async () => {
    const item = await itemWith(5);
    const lines = [{ itemId: item, quantity: 1 }];
    expect(await code(as('globex', () => orders.place({ lines })))).toBe('unknown_item');
  });

  it('serves catalog and inventory only for the purposes of their ports', async () => {
    const inventory = module.get(InventoryApi, { strict: false });
    const reserving = reader(() =>
      inventory.reserve({ orderId: randomUUID(), lines: [{ itemId: randomUUID(), quantity: 1 }] }),
    );
    await expect(reserving).rejects.toThrow(/txn_scope/);
  });
});
