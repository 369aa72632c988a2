import {
  type HeldReservation,
  type InventoryApi,
  PortError,
  type ReservationInput,
  type ReserveInput,
  type SettledReservation,
} from '@app/contracts';
import { TenantDatabase } from '@app/storage';
import { Injectable, Logger } from '@nestjs/common';
import { Clock } from './clock.js';
import type { InventoryTables } from './inventory-tables.js';
import {
  fitsStock,
  openReservation,
  replaceLines,
  type Reservation,
  returnToStock,
  takeFromStock,
  writeReservation,
} from './reservations.js';

const HOLD_MS = 2 * 60 * 1000;

@Injectable()
export class InventoryService implements InventoryApi {
  readonly #logger = new Logger(InventoryService.name);

  constructor(
    private readonly db: TenantDatabase<InventoryTables>,
    private readonly clock: Clock,
  ) {}

  async reserve({ orderId, lines }: ReserveInput): Promise<HeldReservation> {
    const now = this.clock.now();
    const hold: Reservation = {
      order_id: orderId,
      status: 'held',
      expires_at: new Date(now.getTime() + HOLD_MS),
    };
    const reservation = await this.db.transaction(async (trx) => {
      const { row, isNew } = await openReservation(trx, hold);
      const lapsed = row.status === 'held' && row.expires_at <= now;
      if (!isNew && !lapsed) return row;
      const made: Reservation = (await fitsStock(trx, lines, now)) ? hold : { ...hold, status: 'refused' };
      await replaceLines(trx, orderId, lines);
      await writeReservation(trx, made);
      return made;
    });
    if (reservation.status === 'refused') {
      this.#logger.log('out of stock', { orderId });
      throw new PortError('out_of_stock', 409, 'There is too little stock for this order.');
    }
    if (reservation.status === 'released') {
      throw new PortError('reservation_closed', 409, 'This order can no longer reserve stock.');
    }
    return { orderId, expiresAt: reservation.expires_at.toISOString() };
  }

  async confirm({ orderId }: ReservationInput): Promise<SettledReservation> {
    const now = this.clock.now();
    const status = await this.db.transaction(async (trx) => {
      const { row } = await openReservation(trx, { order_id: orderId, status: 'released', expires_at: now });
      if (row.status !== 'held') return row.status;
      const firm = row.expires_at > now && (await takeFromStock(trx, orderId));
      const settled: Reservation = { ...row, status: firm ? 'confirmed' : 'released' };
      await writeReservation(trx, settled);
      return settled.status;
    });
    return { orderId, status: status === 'confirmed' ? 'confirmed' : 'released' };
  }

  async release({ orderId }: ReservationInput): Promise<SettledReservation> {
    const now = this.clock.now();
    await this.db.transaction(async (trx) => {
      const { row } = await openReservation(trx, { order_id: orderId, status: 'released', expires_at: now });
      if (row.status === 'confirmed') await returnToStock(trx, orderId);
      if (row.status === 'confirmed' || row.status === 'held') {
        await writeReservation(trx, { ...row, status: 'released' });
      }
    });
    return { orderId, status: 'released' };
  }
}
