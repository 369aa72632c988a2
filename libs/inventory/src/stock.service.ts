import { PortError } from '@app/contracts';
import { TenantDatabase } from '@app/storage';
import { Injectable, Logger } from '@nestjs/common';
import { InternalTokenContext } from 'nestjs-internal-token';
import { Clock } from './clock.js';
import type { StockPage } from './inventory-input.js';
import type { InventoryTables } from './inventory-tables.js';
import { lockStock, stockLevels } from './stock-queries.js';

export interface Stock {
  itemId: string;
  onHand: number;
  reserved: number;
  available: number;
}

@Injectable()
export class StockService {
  readonly #logger = new Logger(StockService.name);

  constructor(
    private readonly db: TenantDatabase<InventoryTables>,
    private readonly context: InternalTokenContext,
    private readonly clock: Clock,
  ) {}

  async list({ cursor, limit }: StockPage): Promise<{ stock: Stock[]; nextCursor?: string }> {
    this.context.require('inventory:read');
    const rows = await this.db.transaction((trx) => {
      const query = stockLevels(trx, this.clock.now()).limit(limit + 1);
      return (cursor ? query.where('stock.item_id', '>', cursor) : query).execute();
    });
    const stock = rows.slice(0, limit).map(toStock);
    const last = stock.at(-1);
    return rows.length > limit && last ? { stock, nextCursor: last.itemId } : { stock };
  }

  async get(itemId: string): Promise<Stock> {
    this.context.require('inventory:read');
    const row = await this.db.transaction((trx) =>
      stockLevels(trx, this.clock.now()).where('stock.item_id', '=', itemId).executeTakeFirst(),
    );
    if (!row) throw new PortError('stock_not_found', 404, 'There is no stock record of this item.');
    return toStock(row);
  }

  /**
   * Accepts any item id: only catalog knows the items, and stock may be counted before an item is listed. Stock of an
   * unknown item does no harm: orders sell only what catalog finds for the same tenant.
   */
  async set(itemId: string, onHand: number): Promise<Stock> {
    this.context.require('inventory:write');
    const row = await this.db.transaction(async (trx) => {
      await trx
        .insertInto('stock')
        .values({ item_id: itemId, on_hand: 0 })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      await lockStock(trx, [itemId]);
      const { held } = await stockLevels(trx, this.clock.now())
        .where('stock.item_id', '=', itemId)
        .executeTakeFirstOrThrow();
      if (onHand < held)
        throw new PortError('stock_held', 409, `${held} are held for orders; wait, or set at least that many.`);
      await trx.updateTable('stock').set({ on_hand: onHand }).where('item_id', '=', itemId).execute();
      return { item_id: itemId, on_hand: onHand, held };
    });
    this.#logger.log('stock set', { itemId, onHand });
    return toStock(row);
  }
}

function toStock(row: { item_id: string; on_hand: number; held: number }): Stock {
  return { itemId: row.item_id, onHand: row.on_hand, reserved: row.held, available: row.on_hand - row.held };
}
