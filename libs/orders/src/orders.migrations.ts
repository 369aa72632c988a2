import { protectTable } from '@app/storage';
import type { Kysely } from 'kysely';
import type { MigrationProvider } from 'kysely/migration';

export const ordersMigrations: MigrationProvider = {
  getMigrations: async () => ({
    '001_orders': {
      async up(db: Kysely<unknown>) {
        await db.schema
          .createTable('orders')
          .addColumn('id', 'uuid', (column) => column.notNull())
          .addColumn('tenant_id', 'text', (column) => column.notNull())
          .addColumn('placed_by', 'text', (column) => column.notNull())
          .addColumn('idempotency_key', 'text')
          .addColumn('status', 'text', (column) => column.notNull())
          .addColumn('cancel_reason', 'text')
          .addColumn('currency', 'text', (column) => column.notNull())
          .addColumn('lines', 'jsonb', (column) => column.notNull())
          .addColumn('placed_at', 'timestamptz', (column) => column.notNull())
          .addPrimaryKeyConstraint('orders_key', ['tenant_id', 'id'])
          .addUniqueConstraint('orders_idempotency', ['tenant_id', 'placed_by', 'idempotency_key'])
          .execute();
        await protectTable(db, 'orders');
      },
    },
  }),
};
