import { protectTable } from '@app/storage';
import { type Generated, type Kysely, sql } from 'kysely';
import type { MigrationProvider } from 'kysely/migration';

export interface VisitsTables {
  visits: { tenant_id: Generated<string>; user_id: string; txn: string };
}

export const visitsMigrations: MigrationProvider = {
  getMigrations: async () => ({
    '001_visits': {
      async up(db: Kysely<unknown>) {
        await sql`create table visits (tenant_id text not null, user_id text not null, txn text not null)`.execute(db);
        await protectTable(db, 'visits');
      },
    },
  }),
};
