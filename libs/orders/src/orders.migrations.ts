import { protectTable } from '@app/storage';
import { type Kysely, sql } from 'kysely';
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
    '002_unsettled': {
      async up(db: Kysely<unknown>) {
        await sql`alter table orders add column moved_at timestamptz`.execute(db);
        await sql`create index orders_unsettled on orders (coalesce(moved_at, placed_at))
          where status in ('pending', 'cancelling')`.execute(db);
        // Only while the function below runs, and only for nobody's tenant.
        await sql`create policy unsettled_orders on orders for select using (
          current_setting('app.survey', true) = 'unsettled_orders'
          and nullif(current_setting('app.tenant_id', true), '') is null
          and current_setting('app.in_transaction', true) = 'yes'
          and status in ('pending', 'cancelling'))`.execute(db);
        await sql`create function unsettled_orders(before timestamptz, out count int, out oldest timestamptz)
          language plpgsql as $$
          begin
            perform set_config('app.survey', 'unsettled_orders', true);
            select count(*), min(coalesce(moved_at, placed_at)) into unsettled_orders.count, unsettled_orders.oldest
              from orders where status in ('pending', 'cancelling') and coalesce(moved_at, placed_at) <= before;
            perform set_config('app.survey', '', true);
          end $$`.execute(db);
      },
    },
  }),
};
