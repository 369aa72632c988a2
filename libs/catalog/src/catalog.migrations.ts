import { protectTable } from '@app/storage';
import { type Kysely, sql } from 'kysely';
import type { MigrationProvider } from 'kysely/migration';

export const catalogMigrations: MigrationProvider = {
  getMigrations: async () => ({
    '001_items': {
      async up(db: Kysely<unknown>) {
        await db.schema
          .createTable('items')
          .addColumn('id', 'uuid', (column) => column.primaryKey())
          .addColumn('tenant_id', 'text', (column) => column.notNull())
          .addColumn('sku', 'text', (column) => column.notNull())
          .addColumn('name', 'text', (column) => column.notNull())
          .addColumn('price', 'integer', (column) => column.notNull().check(sql`price >= 0`))
          .addColumn('currency', 'text', (column) => column.notNull())
          .addColumn('public', 'boolean', (column) => column.notNull())
          .addUniqueConstraint('items_sku', ['tenant_id', 'sku'])
          .execute();
        await protectTable(db, 'items', { publicRows: sql<boolean>`public` });
      },
    },
  }),
};
