import { sql, type Kysely, type RawBuilder } from 'kysely';

const TENANT = sql`nullif(current_setting('app.tenant_id', true), '')`;
/** True only inside a transaction without a tenant, not on a connection without any settings. */
const WITHOUT_TENANT = sql`${TENANT} is null and current_setting('app.in_transaction', true) = 'yes'`;

export interface TableProtection {
  /** Rows of any tenant that callers without a tenant may read: sql<boolean>`published`. Default: none. */
  readonly publicRows?: RawBuilder<boolean>;
}

/**
 * For migrations: enforces row-level security on a table, for its owner too. The table needs `tenant_id text not null`,
 * which is filled in automatically. Each tenant sees and changes only its own rows.
 *
 * Start keys with `tenant_id`, foreign keys too: PostgreSQL checks keys regardless of policies, so a key without it
 * reveals to one tenant what another has.
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
