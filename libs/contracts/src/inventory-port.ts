import { z } from 'zod';
import { id, lines } from './fields.js';
import { definePort } from './define-port.js';

const reserveInput = z.strictObject({ orderId: id, lines });
export type ReserveInput = z.infer<typeof reserveInput>;

const orderInput = z.strictObject({ orderId: id });
export type ReservationInput = z.infer<typeof orderInput>;

const held = z.object({ orderId: id, expiresAt: z.iso.datetime() });
export type HeldReservation = z.infer<typeof held>;

const settled = z.object({ orderId: id, status: z.enum(['confirmed', 'released']) });
export type SettledReservation = z.infer<typeof settled>;

/** One reservation per order. Every answer is final for its order, so any call may be repeated. */
export abstract class InventoryApi {
  /** Holds the stock for two minutes. 409 `out_of_stock` if there is too little, `reservation_closed` once released. */
  abstract reserve(input: ReserveInput): Promise<HeldReservation>;

  /** Confirms a held reservation; releases any other (expired, refused, never made) for good. */
  abstract confirm(input: ReservationInput): Promise<SettledReservation>;

  /** Returns the stock, even of a confirmed reservation; the order can never reserve again. */
  abstract release(input: ReservationInput): Promise<SettledReservation>;
}

export const inventoryPort = definePort(InventoryApi, {
  name: 'inventory',
  methods: {
    reserve: {
      input: reserveInput,
      output: held,
      idempotent: true,
      purposes: ['orders.write'],
    },
    // Readers need it too: the next reader of an interrupted order completes it.
    confirm: {
      input: orderInput,
      output: settled,
      idempotent: true,
      purposes: ['orders.write', 'orders.read'],
    },
    release: {
      input: orderInput,
      output: settled,
      idempotent: true,
      purposes: ['orders.write', 'orders.read'],
    },
  },
});
