import { protectTable } from '@app/storage';
import { type Kysely, sql } from 'kysely';
import type { MigrationProvider } from 'kysely/migration';

export const inventoryMigrations: MigrationProvider = {
  getMigrations: async () => ({
    '001_stock_and_reservations': {
      async up(db: Kysely<unknown>) {
        await db.schema
          .createTable('stock')
          .addColumn('tenant_id', 'text', (column) => column.notNull())
          .addColumn('item_id', 'uuid', (column) => column.notNull())
          .addColumn('on_hand', 'integer', (column) => column.notNull().check(sql`on_hand >= 0`))
          .addPrimaryKeyConstraint('stock_key', ['tenant_id', 'item_id'])
          .execute();
        await db.schema
          .createTable('reservations')
          .addColumn('tenant_id', 'text', (column) => column.notNull())
          .addColumn('order_id', 'uuid', (column) => column.notNull())
          .addColumn('status', 'text', (column) => column.notNull())
          .addColumn('expires_at', 'timestamptz', (column) => column.notNull())
          .addPrimaryKeyConstraint('reservations_key', ['tenant_id', 'order_id'])
          .execute();
        await db.schema
          .createIndex('reservations_held')
          .on('reservations')
          .columns(['tenant_id', 'expires_at'])
          .where(sql.ref('status'), '=', sql.lit('held'))
          .execute();
        await db.schema
          .createTable('reservation_lines')
          .addColumn('tenant_id', 'text', (column) => column.notNull())
          .addColumn('order_id', 'uuid', (column) => column.notNull())
          .addColumn('item_id', 'uuid', (column) => column.notNull())
          .addColumn('quantity', 'integer', (column) => column.notNull().check(sql`quantity > 0`))
          .addPrimaryKeyConstraint('reservation_lines_key', ['tenant_id', 'order_id', 'item_id'])
          .execute();
        for (const table of ['stock', 'reservations', 'reservation_lines']) await protectTable(db, table);
      },
    },
  }),
};
