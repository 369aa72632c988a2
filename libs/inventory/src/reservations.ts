import type { Selectable, Transaction } from 'kysely';
import type { InventoryTables } from './inventory-tables.js';
import { lockStock, stockLevels } from './stock-queries.js';

type Trx = Transaction<InventoryTables>;
type Line = { itemId: string; quantity: number };
export type Reservation = Omit<Selectable<InventoryTables['reservations']>, 'tenant_id'>;

/** Inserts `first` unless the order has a reservation. Either way its row is locked until the transaction ends. */
export async function openReservation(trx: Trx, first: Reservation): Promise<{ row: Reservation; isNew: boolean }> {
  const written = await trx
    .insertInto('reservations')
    .values(first)
    .onConflict((conflict) => conflict.doNothing())
    .returning('order_id')
    .executeTakeFirst();
  if (written) return { row: first, isNew: true };
  const row = await trx
    .selectFrom('reservations')
    .select(['order_id', 'status', 'expires_at'])
    .where('order_id', '=', first.order_id)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return { row, isNew: false };
}

export async function writeReservation(trx: Trx, { order_id, status, expires_at }: Reservation): Promise<void> {
  await trx.updateTable('reservations').set({ status, expires_at }).where('order_id', '=', order_id).execute();
}

export async function fitsStock(trx: Trx, lines: readonly Line[], now: Date): Promise<boolean> {
  const itemIds = lines.map(({ itemId }) => itemId);
  await lockStock(trx, itemIds);
  const levels = await stockLevels(trx, now).where('stock.item_id', 'in', itemIds).execute();
  const available = new Map(levels.map((level) => [level.item_id, level.on_hand - level.held]));
  return lines.every(({ itemId, quantity }) => (available.get(itemId) ?? 0) >= quantity);
}

export async function replaceLines(trx: Trx, orderId: string, lines: readonly Line[]): Promise<void> {
  await trx.deleteFrom('reservation_lines').where('order_id', '=', orderId).execute();
  await trx
    .insertInto('reservation_lines')
    .values(lines.map(({ itemId, quantity }) => ({ order_id: orderId, item_id: itemId, quantity })))
    .execute();
}

/** Takes the reserved stock of the order; returns false, and takes nothing, if there is too little. */
export async function takeFromStock(trx: Trx, orderId: string): Promise<boolean> {
  const lines = await linesOf(trx, orderId);
  await lockStock(trx, [...lines.keys()]);
  const stock = await trx
    .selectFrom('stock')
    .select(['item_id', 'on_hand'])
    .where('item_id', 'in', [...lines.keys()])
    .execute();
  if (stock.some(({ item_id, on_hand }) => on_hand < (lines.get(item_id) ?? 0))) return false;
  await changeStock(trx, lines, -1);
  return true;
}

export async function returnToStock(trx: Trx, orderId: string): Promise<void> {
  const lines = await linesOf(trx, orderId);
  await lockStock(trx, [...lines.keys()]);
  await changeStock(trx, lines, 1);
}

async function linesOf(trx: Trx, orderId: string): Promise<Map<string, number>> {
  const lines = await trx
    .selectFrom('reservation_lines')
    .select(['item_id', 'quantity'])
    .where('order_id', '=', orderId)
    .execute();
  return new Map(lines.map(({ item_id, quantity }) => [item_id, quantity]));
}

async function changeStock(trx: Trx, lines: ReadonlyMap<string, number>, sign: 1 | -1): Promise<void> {
  for (const [itemId, quantity] of lines) {
    await trx
      .updateTable('stock')
      .set((eb) => ({ on_hand: eb('on_hand', '+', sign * quantity) }))
      .where('item_id', '=', itemId)
      .execute();
  }
}
