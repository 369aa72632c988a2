import { SystemDatabase } from '@app/storage';
import { Injectable } from '@nestjs/common';
import type { InventoryTables } from './inventory-tables.js';

const STOCK = {
  acme: [
    { item_id: '0197a000-0000-7000-8000-00000000ac01', on_hand: 40 },
    { item_id: '0197a000-0000-7000-8000-00000000ac02', on_hand: 500 },
    { item_id: '0197a000-0000-7000-8000-00000000ac03', on_hand: 3 },
  ],
  globex: [
    { item_id: '0197a000-0000-7000-8000-000000009b01', on_hand: 120 },
    { item_id: '0197a000-0000-7000-8000-000000009b02', on_hand: 60 },
  ],
};

/** For development: the app decides when to run it; running it again does nothing. */
@Injectable()
export class InventorySeed {
  constructor(private readonly db: SystemDatabase<InventoryTables>) {}

  async run(): Promise<void> {
    for (const [tenantId, stock] of Object.entries(STOCK)) {
      await this.db.transaction({ task: 'seed', tenantId }, (trx) =>
        trx
          .insertInto('stock')
          .values(stock)
          .onConflict((conflict) => conflict.doNothing())
          .execute(),
      );
    }
  }
}
