import { z } from 'zod';
import { id, lines } from './fields.js';
import { definePort } from './port.js';

const reserveInput = z.strictObject({ orderId: id, lines });
export type ReserveInput = z.infer<typeof reserveInput>;

const orderInput = z.strictObject({ orderId: id });
export type ReservationInput = z.infer<typeof orderInput>;

const held = z.object({ orderId: id, expiresAt: z.iso.datetime() });
export type HeldReservation = z.infer<typeof held>;

const settled = z.object({ orderId: id, status: z.enum(['confirmed', 'released']) });
export type SettledReservation = z.infer<typeof settled>;

/** One reservation an order. Every answer is final for its order, so any of them may be asked for again. */
export abstract class InventoryApi {
  /** Holds the stock for two minutes. 409 `out_of_stock` if there is too little, `reservation_closed` once settled as released. */
  abstract reserve(input: ReserveInput): Promise<HeldReservation>;

  /** Decides: what is still held becomes firm, anything else (expired, refused, never made) is released for good. */
  abstract confirm(input: ReservationInput): Promise<SettledReservation>;

  /** Gives the stock back, also a confirmed one's, and lets the order never reserve again. */
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
    // Also part of reading: whoever next reads an order that was interrupted finishes it.
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
