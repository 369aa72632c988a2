import { sql, type Kysely } from 'kysely';

/** Finds what would show all tenants' rows: tables without enforced policies, views and functions with owner rights. */
export async function unprotected(db: Kysely<unknown>, schema: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_catalog.pg_class
    where relnamespace = ${schema}::regnamespace
      and relname not in ('kysely_migration', 'kysely_migration_lock')
      and case relkind
        when 'r' then not (relrowsecurity and relforcerowsecurity)
        when 'p' then not (relrowsecurity and relforcerowsecurity)
        when 'v' then not coalesce(reloptions, '{}') && array['security_invoker=true', 'security_invoker=on']
        else relkind in ('m', 'f')
      end
    union all
    select proname || '()' from pg_catalog.pg_proc
    where pronamespace = ${schema}::regnamespace and prosecdef
    order by 1`.execute(db);
  return rows.map(({ name }) => `${schema}.${name}`);
}
