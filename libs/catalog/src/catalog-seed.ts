import { SystemDatabase } from '@app/storage';
import { Injectable } from '@nestjs/common';
import type { CatalogTables } from './catalog-tables.js';

const ITEMS = {
  acme: [
    { id: '0197a000-0000-7000-8000-00000000ac01', sku: 'anvil', name: 'Anvil, 50 kg', price: 12_900, public: true },
    { id: '0197a000-0000-7000-8000-00000000ac02', sku: 'rope', name: 'Rope, 20 m', price: 1_950, public: true },
    { id: '0197a000-0000-7000-8000-00000000ac03', sku: 'magnet', name: 'Giant magnet', price: 49_000, public: false },
  ],
  globex: [
    { id: '0197a000-0000-7000-8000-000000009b01', sku: 'lamp', name: 'Desk lamp', price: 3_400, public: true },
    { id: '0197a000-0000-7000-8000-000000009b02', sku: 'chair', name: 'Chair', price: 8_800, public: false },
  ],
};

/** For development: the app decides when to run it; running it again does nothing. */
@Injectable()
export class CatalogSeed {
  constructor(private readonly db: SystemDatabase<CatalogTables>) {}

  async run(): Promise<void> {
    for (const [tenantId, items] of Object.entries(ITEMS)) {
      await this.db.transaction({ task: 'seed', tenantId }, (trx) =>
        trx
          .insertInto('items')
          .values(items.map((item) => ({ ...item, currency: 'EUR' })))
          .onConflict((conflict) => conflict.doNothing())
          .execute(),
      );
    }
  }
}
