import type { CriticalPiece, PageReport } from '../../../libs/itok/src/trace/index.js';
import { shopCapture } from './shop-capture.js';
import { READING, token, traceReport } from './shop-trace.js';
import type { Told } from './span-builder.js';

const price = (id: string, offset: number, duration: number, item: string): Told => ({
  id,
  service: 'orders',
  kind: 'client',
  op: 'catalog.prices',
  peer: 'catalog',
  offset,
  duration,
  status: 200,
  children: [
    {
      id: `${id.slice(0, 14)}5e`,
      service: 'catalog',
      kind: 'server',
      op: 'catalog.prices',
      route: 'POST /internal/catalog/prices',
      offset: offset + 1.9,
      duration: duration - 3.8,
      status: 200,
      token: token(offset + 3, 62),
      caller: 'orders',
      notes: [{ offset: offset + 2.6, level: 'debug', msg: `price of ${item} from cache`, context: 'PriceService' }],
      children: [
        {
          id: `${id.slice(0, 14)}db`,
          service: 'catalog',
          kind: 'client',
          op: 'catalog.select',
          peer: 'postgresql',
          db: 'select',
          offset: offset + 4,
          duration: duration / 3,
          status: 'ok',
        },
      ],
    },
  ],
});

/** Slow, because stock waits for a lock. */
const PLACED: Told = {
  id: '00f067aa0ba902b7',
  service: 'gateway',
  kind: 'server',
  op: 'POST /orders',
  route: '/orders',
  offset: 0,
  duration: 182.64,
  status: 201,
  token: token(0),
  children: [
    {
      id: '00f067aa0ba90200',
      service: 'gateway',
      kind: 'client',
      op: 'POST /orders',
      peer: 'orders',
      offset: 4.1,
      duration: 176.2,
      status: 201,
      children: [
        {
          id: '00f067aa0ba90201',
          service: 'orders',
          kind: 'server',
          op: 'orders.place',
          route: 'POST /orders',
          offset: 6.4,
          duration: 171.8,
          status: 201,
          token: token(6.4, 88),
          caller: 'gateway',
          notes: [
            { offset: 7.2, msg: 'placing an order of 2 items', context: 'OrdersService' },
            { offset: 176.4, msg: 'order 41 is confirmed', context: 'OrdersService' },
          ],
          children: [
            price('a1f067aa0ba90210', 9.0, 22.6, 'anvil'),
            price('a2f067aa0ba90210', 9.2, 31.9, 'rope'),
            {
              id: '00f067aa0ba90220',
              service: 'orders',
              kind: 'client',
              op: 'orders.insert',
              peer: 'postgresql',
              db: 'insert',
              offset: 43.2,
              duration: 4.9,
              status: 'ok',
            },
            {
              id: '00f067aa0ba90230',
              service: 'orders',
              kind: 'client',
              op: 'inventory.reserve',
              peer: 'inventory',
              offset: 49.5,
              duration: 118.3,
              status: 200,
              children: [
                {
                  id: '00f067aa0ba90231',
                  service: 'inventory',
                  kind: 'server',
                  op: 'inventory.reserve',
                  route: 'POST /internal/inventory/reserve',
                  offset: 52.1,
                  duration: 113.0,
                  status: 200,
                  token: token(52.8, 71),
                  caller: 'orders',
                  notes: [{ offset: 141, level: 'warn', msg: 'waited 83 ms for a row lock', context: 'StockService' }],
                  children: [
                    {
                      id: '00f067aa0ba90232',
                      service: 'inventory',
                      kind: 'client',
                      op: 'inventory.select',
                      peer: 'postgresql',
                      db: 'select',
                      offset: 54.3,
                      duration: 3.2,
                      status: 'ok',
                    },
                    {
                      id: '00f067aa0ba90233',
                      service: 'inventory',
                      kind: 'client',
                      op: 'inventory.update',
                      peer: 'postgresql',
                      db: 'update',
                      offset: 58.0,
                      duration: 101.4,
                      status: 'ok',
                    },
                  ],
                },
              ],
            },
            {
              id: '00f067aa0ba90240',
              service: 'orders',
              kind: 'client',
              op: 'orders.update',
              peer: 'postgresql',
              db: 'update',
              offset: 169.4,
              duration: 5.6,
              status: 'ok',
            },
          ],
        },
      ],
    },
  ],
};

const PLACED_PATH: CriticalPiece[] = [
  { span: '00f067aa0ba902b7', from: 0, to: 4.1 },
  { span: '00f067aa0ba90200', from: 4.1, to: 6.4 },
  { span: '00f067aa0ba90201', from: 6.4, to: 9.2 },
  { span: 'a2f067aa0ba90210', from: 9.2, to: 11.1 },
  { span: 'a2f067aa0ba9025e', from: 11.1, to: 13.2 },
  { span: 'a2f067aa0ba902db', from: 13.2, to: 23.83 },
  { span: 'a2f067aa0ba9025e', from: 23.83, to: 39.2 },
  { span: 'a2f067aa0ba90210', from: 39.2, to: 41.1 },
  { span: '00f067aa0ba90201', from: 41.1, to: 43.2 },
  { span: '00f067aa0ba90220', from: 43.2, to: 48.1 },
  { span: '00f067aa0ba90201', from: 48.1, to: 49.5 },
  { span: '00f067aa0ba90230', from: 49.5, to: 52.1 },
  { span: '00f067aa0ba90231', from: 52.1, to: 54.3 },
  { span: '00f067aa0ba90232', from: 54.3, to: 57.5 },
  { span: '00f067aa0ba90231', from: 57.5, to: 58 },
  { span: '00f067aa0ba90233', from: 58, to: 159.4 },
  { span: '00f067aa0ba90231', from: 159.4, to: 165.1 },
  { span: '00f067aa0ba90230', from: 165.1, to: 167.8 },
  { span: '00f067aa0ba90201', from: 167.8, to: 169.4 },
  { span: '00f067aa0ba90240', from: 169.4, to: 175 },
  { span: '00f067aa0ba90201', from: 175, to: 178.2 },
  { span: '00f067aa0ba90200', from: 178.2, to: 180.3 },
  { span: '00f067aa0ba902b7', from: 180.3, to: 182.64 },
];

/** A placed order: parallel children, a bottleneck, application log lines. */
export function placedOrder(): PageReport {
  const verdict = 'inventory.update at postgresql took 101 ms of 183 ms (56 %): inventory waited for it.';
  return { trace: traceReport(PLACED, PLACED_PATH, { verdict }), capture: shopCapture(), reading: READING };
}
