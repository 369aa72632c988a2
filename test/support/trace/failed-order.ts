import type { CriticalPiece, PageReport } from '../../../libs/itok/src/trace/index.js';
import { shopCapture } from './shop-capture.js';
import { READING, token, traceReport } from './shop-trace.js';
import type { Told } from './span-builder.js';

/** Refused for lack of stock; one service left no lines, one clock is wrong, one span has not ended. */
const FAILED: Told = {
  id: '10f067aa0ba902b7',
  service: 'gateway',
  kind: 'server',
  op: 'POST /orders',
  route: '/orders',
  offset: 0,
  duration: 96.31,
  status: 502,
  failed: true,
  token: token(0),
  err: { type: 'PortError', message: 'inventory could not answer', code: 'unavailable' },
  children: [
    {
      id: '10f067aa0ba90201',
      service: 'orders',
      kind: 'server',
      op: 'orders.place',
      route: 'POST /orders',
      offset: 3.4,
      duration: 90.1,
      status: 502,
      failed: true,
      token: token(3.4, 91),
      caller: 'gateway',
      err: { type: 'PortError', message: 'inventory could not answer', code: 'unavailable' },
      notes: [
        { offset: 4.2, msg: 'placing an order of 1 item', context: 'OrdersService' },
        {
          offset: 92.6,
          level: 'error',
          msg: 'order 42 is given up',
          context: 'OrdersService',
          err: { type: 'PortError', message: 'inventory could not answer' },
        },
      ],
      children: [
        {
          id: '10f067aa0ba90210',
          service: 'orders',
          kind: 'client',
          op: 'catalog.prices',
          peer: 'catalog',
          offset: 5.9,
          duration: 14.8,
          status: 200,
        },
        {
          id: '10f067aa0ba90230',
          service: 'orders',
          kind: 'client',
          op: 'inventory.reserve',
          peer: 'inventory',
          offset: 22.4,
          duration: 69.6,
          status: 503,
          failed: true,
          err: { type: 'AxiosError', message: 'Request failed with status code 503', code: 'ERR_BAD_RESPONSE' },
          children: [
            {
              id: '10f067aa0ba90231',
              service: 'inventory',
              kind: 'server',
              op: 'inventory.reserve',
              route: 'POST /internal/inventory/reserve',
              offset: 25.0,
              duration: 64.2,
              status: 503,
              failed: true,
              token: token(25.9, 69),
              caller: 'orders',
              err: { type: 'Error', message: 'the pool has no free connection', code: 'unavailable' },
              notes: [{ offset: 60, level: 'warn', msg: 'the pool is exhausted: 12 wait', context: 'Database' }],
              children: [
                {
                  id: '10f067aa0ba90233',
                  service: 'inventory',
                  kind: 'client',
                  op: 'inventory.update',
                  peer: 'postgresql',
                  db: 'update',
                  offset: 27.3,
                  duration: 60.8,
                  status: 'error',
                  failed: true,
                  err: {
                    type: 'PoolError',
                    message: 'timeout: no connection within 60 ms',
                    code: '53300',
                    stack: [
                      'PoolError: timeout: no connection within 60 ms',
                      '    at Pool.connect (pool.ts:88:11)',
                      '    at Database.transaction (database.ts:41:25)',
                      '    at StockService.reserve (stock.service.ts:63:19)',
                    ].join('\n'),
                  },
                },
              ],
            },
          ],
        },
        {
          id: '10f067aa0ba90250',
          service: 'orders',
          kind: 'internal',
          op: 'orders.release',
          offset: 92.4,
          duration: 3.9,
          open: true,
        },
      ],
    },
  ],
};

const FAILED_PATH: CriticalPiece[] = [
  { span: '10f067aa0ba902b7', from: 0, to: 3.4 },
  { span: '10f067aa0ba90201', from: 3.4, to: 5.9 },
  { span: '10f067aa0ba90210', from: 5.9, to: 20.7 },
  { span: '10f067aa0ba90201', from: 20.7, to: 22.4 },
  { span: '10f067aa0ba90230', from: 22.4, to: 25 },
  { span: '10f067aa0ba90231', from: 25, to: 27.3 },
  { span: '10f067aa0ba90233', from: 27.3, to: 88.1 },
  { span: '10f067aa0ba90231', from: 88.1, to: 89.2 },
  { span: '10f067aa0ba90230', from: 89.2, to: 92 },
  { span: '10f067aa0ba90201', from: 92, to: 93.5 },
  { span: '10f067aa0ba902b7', from: 93.5, to: 96.31 },
];

const FAILED_CHAIN = [
  '10f067aa0ba902b7',
  '10f067aa0ba90201',
  '10f067aa0ba90230',
  '10f067aa0ba90231',
  '10f067aa0ba90233',
];

/** An order that failed: an error chain, a service without lines, a wrong clock, a span without an end. */
export function failedOrder(): PageReport {
  const trace = traceReport(FAILED, FAILED_PATH, {
    txn: '01936d3e61aa7c3a9d2b4e8f60718294',
    verdict: 'Failed in inventory.update (inventory): PoolError: timeout: no connection within 60 ms; 61 of 96 ms.',
    unfinished: true,
    errorChain: FAILED_CHAIN,
    skews: [{ service: 'inventory', instance: 'inventory-1', ahead: 38.4, uncertainty: 1.3 }],
    gaps: [
      {
        kind: 'silent-callee',
        service: 'catalog',
        span: '10f067aa0ba90210',
        offset: 5.9,
        text: 'no lines from catalog, called by orders at +5.9 ms',
      },
    ],
    strayNotes: [{ offset: 50, level: 'info', msg: 'checkpoint starting: time', service: 'postgresql' }],
  });
  return { trace, capture: shopCapture(), reading: READING };
}
