import { randomUUID } from 'node:crypto';
import { StorageModule, SystemDatabase, TenantDatabase } from '@app/storage';
import { jest } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import { sql } from 'kysely';
import { InternalTokenContext, InternalTokenModule } from 'nestjs-internal-token';
import { InternalTokenLogger, type LogLine } from 'nestjs-internal-token/logging';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';
import { backends, type OpenBackend } from '../../../test/support/storage/backends.js';
import { uniqueName } from '../../../test/support/storage/test-server.js';
import { Clock } from './clock.js';
import { ordersMigrations } from './orders.migrations.js';
import type { OrdersTables } from './orders-tables.js';
import { COUNT_UNSETTLED, UnsettledOrders } from './unsettled-orders.js';

// Opens embedded databases.
jest.setTimeout(300_000);

const issuer = new TestTokenIssuer();
const START = Date.parse('2026-11-26T09:00:00Z');
const MINUTE = 60_000;
const OTHER_TIMERS = [
  ...(['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask'] as const),
  ...(['setImmediate', 'clearImmediate', 'setTimeout', 'clearTimeout'] as const),
];
const nobody = { task: COUNT_UNSETTLED, tenantId: undefined };

describe.each(backends)('unsettled orders on $name', ({ open }) => {
  const domain = uniqueName('orders');
  let backend: OpenBackend;
  let app: TestingModule;
  let now = START;
  const lines: LogLine[] = [];

  const as = (tenantId: string | undefined, work: () => Promise<unknown>) =>
    app
      .get(InternalTokenContext, { strict: false })
      .run(issuer.claims(tenantId === undefined ? { authenticated: false } : { tenantId }), work);
  const orders = () => app.get<TenantDatabase<OrdersTables>>(TenantDatabase, { strict: false });
  const system = () => app.get<SystemDatabase<OrdersTables>>(SystemDatabase, { strict: false });
  const place = (tenantId: string, status: 'pending' | 'cancelling' | 'confirmed', placed: number, moved?: number) =>
    as(tenantId, () =>
      orders().transaction((trx) =>
        trx
          .insertInto('orders')
          .values({
            id: randomUUID(),
            placed_by: 'ada',
            idempotency_key: null,
            status,
            cancel_reason: null,
            currency: 'EUR',
            lines: '[]',
            placed_at: new Date(placed),
            moved_at: moved === undefined ? null : new Date(moved),
          })
          .execute(),
      ),
    );
  const check = async () => {
    lines.length = 0;
    await app.get(UnsettledOrders).check();
    return lines.map(({ level, params }) => [level, params]);
  };

  beforeAll(async () => {
    backend = await open();
    app = await Test.createTestingModule({
      imports: [
        InternalTokenModule.forRoot({ service: 'orders', trustDomain: 'test', keys: issuer.keys }),
        StorageModule.forRoot(backend.options),
        StorageModule.forDomain({ name: domain, migrations: ordersMigrations, systemTasks: [COUNT_UNSETTLED] }),
      ],
      providers: [UnsettledOrders, { provide: Clock, useValue: { now: () => new Date(now) } }],
    }).compile();
    const write = (line: string) => lines.push(JSON.parse(line) as LogLine);
    app.useLogger(new InternalTokenLogger({ service: 'orders', level: 'warn', destination: { write } }));
    jest.useFakeTimers({ doNotFake: OTHER_TIMERS });
    await app.init();
  });

  afterAll(async () => {
    await app.close();
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
    await backend.close(domain);
  });

  it('R166: leave no line when there are none, and none while their requests are at work', async () => {
    await place('acme', 'confirmed', START - MINUTE);
    await place('acme', 'pending', START - 9_000);
    await place('acme', 'cancelling', START - MINUTE, START - 9_000);
    expect(await check()).toEqual([]);
  });

  it('R166: are counted for all tenants, in one line that names none', async () => {
    await place('acme', 'pending', START - 5 * MINUTE);
    await place('globex', 'pending', START - 7 * MINUTE);
    await place('globex', 'cancelling', START - 60 * MINUTE, START - 2 * MINUTE);
    expect(await check()).toEqual([['warn', { count: 3, oldestSeconds: 420 }]]);
    now += MINUTE;
    expect(await check()).toEqual([['warn', { count: 5, oldestSeconds: 480 }]]);
    expect(JSON.stringify(lines)).not.toMatch(/acme|globex|ada/);
  });

  it('R166: are counted again every minute', async () => {
    lines.length = 0;
    const counting = jest.spyOn(app.get(UnsettledOrders), 'check');
    jest.advanceTimersByTime(2 * MINUTE);
    expect(counting).toHaveBeenCalledTimes(2);
    await counting.mock.results[0]?.value;
    expect(lines).toHaveLength(1);
  });

  it('R166: show nobody more than their number and age', async () => {
    const seen = (trx: Parameters<Parameters<ReturnType<typeof orders>['transaction']>[0]>[0]) =>
      trx.selectFrom('orders').select('id').execute();
    const count = sql`select * from unsettled_orders(now())`;
    expect(await system().transaction(nobody, seen)).toEqual([]);
    const { rows, after } = await system().transaction(nobody, async (trx) => {
      const { rows: told } = await count.execute(trx);
      return { rows: told, after: await seen(trx) };
    });
    expect(rows).toEqual([{ count: 5, oldest: expect.any(Date) as Date }]);
    expect(after).toEqual([]);
    await as(undefined, async () => expect(await orders().transaction(seen)).toEqual([]));
    // A tenant's own, and not those of others.
    await as('acme', () =>
      orders().transaction(async (trx) => {
        expect((await count.execute(trx)).rows).toMatchObject([{ count: 3 }]);
      }),
    );
  });

  it('R166: are counted at the start, and end nothing where they cannot be', async () => {
    lines.length = 0;
    const starting = new UnsettledOrders(system(), app.get(Clock));
    await as('acme', async () => starting.onApplicationBootstrap()); // inside a request, where no task may run
    await starting.onModuleDestroy();
    expect(lines).toMatchObject([{ level: 'warn', err: { code: 'storage_misused' } }]);
  });
});
