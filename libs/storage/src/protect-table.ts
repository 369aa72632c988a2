import { sql, type Kysely, type RawBuilder } from 'kysely';

const TENANT = sql`nullif(current_setting('app.tenant_id', true), '')`;
/** Inside a transaction for nobody's tenant, and not just on a connection that nothing was set on. */
const WITHOUT_TENANT = sql`${TENANT} is null and current_setting('app.in_transaction', true) = 'yes'`;

export interface TableProtection {
  /** Rows that callers without a tenant may read, whose ever they are: sql<boolean>`published`. Default: none. */
  readonly publicRows?: RawBuilder<boolean>;
}

/**
 * For migrations: binds row-level security to a table, also for its owner. The table needs `tenant_id text not null`,
 * which is filled in by itself. Each tenant sees and changes its own rows and no others.
 *
 * Let keys begin with `tenant_id`, foreign keys too: PostgreSQL checks keys across policies, so a key without it tells
 * one tenant what another has.
 */
export async function protectTable<Schema>(
  db: Kysely<Schema>,
  table: string,
  { publicRows }: TableProtection = {},
): Promise<void> {
  const target = sql.id(table);
  await sql`alter table ${target} alter column tenant_id set default ${TENANT}`.execute(db);
  await sql`alter table ${target} enable row level security`.execute(db);
  await sql`alter table ${target} force row level security`.execute(db);
  await sql`create policy own_rows on ${target} using (tenant_id = ${TENANT}) with check (tenant_id = ${TENANT})`.execute(
    db,
  );
  if (publicRows) {
    await sql`create policy public_rows on ${target} for select using (${WITHOUT_TENANT} and (${publicRows}))`.execute(
      db,
    );
  }
}
