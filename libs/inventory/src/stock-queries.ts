import { type Transaction, sql } from 'kysely';
import type { InventoryTables } from './inventory-tables.js';

type Trx = Transaction<InventoryTables>;

/**
 * Each item's stock and how much of it is reserved now. An expired reservation holds nothing, whatever its row says.
 */
export function stockLevels(trx: Trx, now: Date) {
  const held = trx
    .selectFrom('reservation_lines as line')
    .innerJoin('reservations as reservation', 'reservation.order_id', 'line.order_id')
    .where('reservation.status', '=', 'held')
    .where('reservation.expires_at', '>', now)
    .groupBy('line.item_id')
    .select(['line.item_id', sql<number>`sum(line.quantity)::integer`.as('quantity')])
    .as('held');
  return trx
    .selectFrom('stock')
    .leftJoin(held, 'held.item_id', 'stock.item_id')
    .select(['stock.item_id', 'stock.on_hand', sql<number>`coalesce(held.quantity, 0)`.as('held')])
    .orderBy('stock.item_id');
}

/** Always in the same order, so that two orders of the same items cannot deadlock. */
export async function lockStock(trx: Trx, itemIds: readonly string[]): Promise<void> {
  await trx
    .selectFrom('stock')
    .select('item_id')
    .where('item_id', 'in', itemIds)
    .orderBy('item_id')
    .forUpdate()
    .execute();
}
