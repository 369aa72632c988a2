// Requests with planted problems that the viewer must find. `scripts/make-captures.mjs` writes them to test/captures,
// for tests and for trying the viewer.

const token = (age) => ({ age_ms: age, ttl_ms: 60_000 - age, kid: 'yp3S…', verify_us: 96 });

const db = (service, at, dur, statement, table) => ({
  service,
  kind: 'client',
  op: `${statement} ${table}`,
  db: statement,
  peer: 'postgresql',
  at,
  dur,
});

/** A call between two processes: `way` milliseconds in each direction. */
const call = (from, to, op, at, dur, way, more = {}) => ({
  service: from,
  kind: 'client',
  op,
  peer: to,
  at,
  dur,
  ...(more.failed && { status: 'error', err: more.err, level: more.level }),
  calls: [
    {
      service: to,
      kind: 'server',
      op,
      at: at + way,
      dur: dur - 2 * way,
      tok: token(1000 + at),
      status: more.status ?? 200,
      err: more.err,
      level: more.level,
      route: `/internal/${to}/:method`,
      ...more.answer,
    },
  ],
});

const gateway = (op, dur, calls, more = {}) => ({
  service: 'gateway',
  kind: 'server',
  op,
  at: 0,
  dur,
  route: op.split(' ')[1],
  tok: { age_ms: 0, ttl_ms: 60_000, kid: 'yp3S…' },
  tenant: 'acme',
  status: 201,
  peer: 'orders',
  ...more,
  calls,
});

const orders = (dur, calls, more = {}) => ({
  service: 'orders',
  kind: 'server',
  op: 'POST /orders',
  at: 1.1,
  dur,
  route: '/orders',
  status: 201,
  tok: token(1001),
  notes: [{ at: 4, msg: 'placing an order of 2 lines', context: 'OrdersService' }],
  ...more,
  calls,
});

const outOfStock = { type: 'PortError', message: 'Not enough in stock.', code: 'out_of_stock', status: 409 };
const broken = {
  type: 'StorageError',
  message: 'The database did not answer.',
  code: 'storage_unavailable',
  status: 503,
};

/** By name: the tree of what happened, and the clock errors. */
export const CAPTURES = {
  // Inventory's statement takes most of the time.
  bottleneck: {
    root: gateway('POST /orders', 48, [
      orders(45, [
        call('orders', 'catalog', 'catalog.findItems', 5, 4, 0.4, {
          answer: { calls: [db('catalog', 5.9, 2.2, 'select', 'items')] },
        }),
        call('orders', 'inventory', 'inventory.reserve', 10, 33, 0.5, {
          answer: { calls: [db('inventory', 11, 30, 'update', 'reservations')] },
        }),
        db('orders', 43.5, 1.8, 'insert', 'orders'),
      ]),
    ]),
  },
  // Two calls at once: the longer one is on the critical path, the shorter one is not.
  parallel: {
    root: gateway('POST /orders', 30, [
      orders(27.5, [
        call('orders', 'catalog', 'catalog.findItems', 4, 9, 0.4),
        call('orders', 'inventory', 'inventory.reserve', 4, 20, 0.4),
      ]),
    ]),
  },
  // The clock of inventory is 250 ms ahead, that of orders 40 ms behind.
  skew: {
    clocks: { inventory: 250, orders: -40 },
    root: gateway('POST /orders', 40, [
      orders(37.8, [
        call('orders', 'inventory', 'inventory.reserve', 8, 25, 0.6, {
          answer: { notes: [{ at: 20, msg: 'reserved' }] },
        }),
      ]),
    ]),
  },
  // Inventory answered, but none of its lines is present.
  gap: {
    root: gateway('POST /orders', 40, [
      orders(37.5, [
        { service: 'orders', kind: 'client', op: 'inventory.reserve', peer: 'inventory', at: 12, dur: 20 },
      ]),
    ]),
  },
  // Orders left no line at all: the gateway called it, and it called inventory.
  'missing-service': {
    root: gateway('POST /orders', 40, [
      {
        ...orders(37.5, [
          {
            ...call('orders', 'inventory', 'inventory.reserve', 8, 25, 0.6),
            ev: 'none',
          },
        ]),
        ev: 'none',
        notes: [],
      },
    ]),
  },
  // A refusal that is passed all the way up, and the cleanup after it.
  refusal: {
    root: gateway(
      'POST /orders',
      21,
      [
        orders(
          18,
          [
            call('orders', 'catalog', 'catalog.findItems', 3, 4, 0.3),
            call('orders', 'inventory', 'inventory.reserve', 8, 9, 0.4, {
              failed: true,
              status: 409,
              err: outOfStock,
              level: 'info',
            }),
          ],
          { status: 409, notes: [{ at: 17.5, level: 'warn', msg: 'the order is refused' }] },
        ),
      ],
      { status: 409 },
    ),
  },
  // The database fails under inventory, orders gives up, the gateway answers 500.
  error: {
    root: gateway(
      'POST /orders',
      61,
      [
        orders(
          58,
          [
            call('orders', 'inventory', 'inventory.reserve', 5, 52, 0.5, {
              failed: true,
              status: 503,
              err: broken,
              level: 'error',
              answer: {
                calls: [
                  {
                    ...db('inventory', 6, 50, 'select', 'stock'),
                    status: 'error',
                    err: { type: 'DatabaseError', message: 'database error 57014', code: '57014' },
                  },
                ],
                notes: [{ at: 56, level: 'error', msg: 'inventory.reserve failed', context: 'Port' }],
              },
            }),
          ],
          {
            status: 500,
            level: 'error',
            err: {
              type: 'PortError',
              message: 'The request could not be completed.',
              code: 'internal_error',
              status: 500,
            },
          },
        ),
      ],
      { status: 500, level: 'error' },
    ),
  },
  // Orders was killed: its span was open and never ended.
  unfinished: {
    root: gateway(
      'POST /orders',
      1800,
      [
        orders(1500, [call('orders', 'inventory', 'inventory.reserve', 8, 25, 0.6)], {
          ev: 'inflight',
          level: 'warn',
          notes: [],
        }),
      ],
      {
        status: 502,
        level: 'error',
        err: { type: 'InternalTokenError', message: 'The connection closed.', code: 'upstream_failed', status: 502 },
      },
    ),
  },
  // Inventory hangs: the gateway gave up, and the services below it logged their ends later.
  timeout: {
    root: gateway(
      'POST /orders',
      2000,
      [
        orders(2500, [
          call('orders', 'inventory', 'inventory.reserve', 8, 2480, 0.6, {
            answer: { calls: [db('inventory', 10, 2470, 'update', 'stock')] },
          }),
        ]),
      ],
      {
        status: 504,
        level: 'error',
        err: {
          type: 'InternalTokenError',
          message: 'The service behind this route did not answer in time',
          code: 'upstream_timeout',
          status: 504,
        },
      },
    ),
  },
  // The client left; orders did not notice and continued.
  'client-left': {
    root: gateway(
      'POST /orders',
      700,
      [
        orders(900, [
          call('orders', 'catalog', 'catalog.findItems', 3, 4, 0.3),
          call('orders', 'inventory', 'inventory.reserve', 8, 880, 0.6),
        ]),
      ],
      {
        status: 499,
        level: 'info',
        err: { type: 'Error', message: 'The connection closed before the answer was complete', status: 499 },
      },
    ),
  },
  // One statement for each of sixty items, where one for all would be enough.
  'n-plus-one': {
    root: gateway('POST /orders', 230, [
      orders(227, [
        call('orders', 'catalog', 'catalog.findItems', 5, 215, 0.4, {
          answer: {
            calls: Array.from({ length: 60 }, (_, index) => db('catalog', 7 + index * 3.5, 3.2, 'select', 'items')),
          },
        }),
      ]),
    ]),
  },
  // Two processes claim one span: only one of them can be shown.
  'claimed-twice': {
    root: gateway('POST /orders', 30, [
      orders(27, [
        {
          service: 'orders',
          kind: 'client',
          op: 'inventory.reserve',
          peer: 'inventory',
          at: 8,
          dur: 15,
          calls: [{ service: 'inventory', kind: 'server', op: 'inventory.reserve', at: 9, dur: 13, sameSpan: true }],
        },
      ]),
    ]),
  },
};
