import { z } from 'zod';
import { currency, id, lines, minorUnits, pageSize, quantity } from './fields.js';
import { definePort } from './define-port.js';

export const order = z.object({
  id,
  status: z.enum(['pending', 'confirmed', 'cancelling', 'cancelled']),
  placedAt: z.iso.datetime(),
  currency,
  total: z.int().min(0),
  lines: z.array(z.object({ itemId: id, quantity, unitPrice: minorUnits })),
});
export type Order = z.infer<typeof order>;

/** What a client may send as `Idempotency-Key`. */
export const idempotencyKey = z.string().regex(/^[\x21-\x7e]{1,128}$/, '1 to 128 visible ASCII characters');

const placeInput = z.strictObject({ lines, idempotencyKey: idempotencyKey.optional() });
export type PlaceOrderInput = z.infer<typeof placeInput>;

const orderInput = z.strictObject({ orderId: id });
export type OrderInput = z.infer<typeof orderInput>;

const listInput = z.strictObject({ limit: pageSize.optional(), cursor: id.optional() });
export type ListOrdersInput = z.infer<typeof listInput>;

const orderPage = z.object({ orders: z.array(order), nextCursor: id.optional() });
export type OrderPage = z.infer<typeof orderPage>;

export abstract class OrdersApi {
  /** With an idempotency key, the same lines return the same order; other lines are refused. */
  abstract place(input: PlaceOrderInput): Promise<Order>;

  abstract get(input: OrderInput): Promise<Order>;

  /** The newest first; `nextCursor` is absent on the last page. */
  abstract list(input: ListOrdersInput): Promise<OrderPage>;

  abstract cancel(input: OrderInput): Promise<Order>;
}

export const ordersPort = definePort(OrdersApi, {
  name: 'orders',
  methods: {
    place: { input: placeInput, output: order, idempotent: false, purposes: ['orders.write'] },
    get: { input: orderInput, output: order, idempotent: true, purposes: ['orders.read', 'orders.write'] },
    list: { input: listInput, output: orderPage, idempotent: true, purposes: ['orders.read'] },
    cancel: { input: orderInput, output: order, idempotent: true, purposes: ['orders.write'] },
  },
});
