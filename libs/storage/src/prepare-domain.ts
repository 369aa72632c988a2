import { sql, type Kysely } from 'kysely';
import { Migrator, type MigrationProvider } from 'kysely/migration';
import { prepareRoles, type DomainRoles } from './domain-roles.js';
import { StorageError } from './storage-error.js';
import type { DomainStorage } from './storage.options.js';
import { unprotected } from './unprotected.js';

/** Brings schema, roles, tables and rights up to date with the login itself. Several processes may start together. */
export async function prepareDomain(db: Kysely<unknown>, domain: DomainStorage): Promise<DomainRoles> {
  const { name } = domain;
  return db.connection().execute(async (connection) => {
    const lock = sql`hashtext(${`storage of ${name}`})`;
    await sql`select pg_advisory_lock(${lock})`.execute(connection);
    try {
      await ensureSchema(connection, name);
      await sql`select set_config('search_path', ${searchPath(name)}, false)`.execute(connection);
      const roles = await prepareRoles(connection, name);
      await migrate(connection, name, domain.migrations);
      await refuseUnprotected(connection, name);
      if (roles.app !== undefined) await grantRights(connection, name, roles.app);
      return roles;
    } finally {
      await sql`select pg_advisory_unlock(${lock})`.execute(connection).catch(() => undefined); // the session may be lost
    }
  });
}

/** Temporary tables are searched last, so that none can shadow a table of the domain. */
export function searchPath(schema: string): string {
  return `${schema}, pg_temp`;
}

async function ensureSchema(db: Kysely<unknown>, name: string): Promise<void> {
  const { rows } = await sql`select from pg_catalog.pg_namespace where nspname = ${name}`.execute(db);
  if (rows.length > 0) return;
  try {
    await sql`create schema ${sql.id(name)}`.execute(db);
  } catch (cause) {
    throw new StorageError(
      'storage_misconfigured',
      `The schema "${name}" is missing and cannot be created by the login of DATABASE_URL: ask an administrator to grant it CREATE on the database.`,
      { cause },
    );
  }
}

async function migrate(db: Kysely<unknown>, name: string, provider: MigrationProvider): Promise<void> {
  const { error, results } = await new Migrator({ db, provider, migrationTableSchema: name }).migrateToLatest();
  if (error === undefined) return;
  const failed = results?.find(({ status }) => status === 'Error')?.migrationName;
  const reason = error instanceof Error ? error.message : 'unknown reason';
  throw new StorageError(
    'storage_misconfigured',
    `The migrations of ${name} failed${failed === undefined ? '' : ` at "${failed}"`}: ${reason}`,
    { cause: error },
  );
}

async function refuseUnprotected(db: Kysely<unknown>, name: string): Promise<void> {
  const holes = await unprotected(db, name);
  if (holes.length === 0) return;
  throw new StorageError(
    'storage_misconfigured',
    `Row-level security does not bind in ${holes.join(', ')}: call protectTable(db, table) in the migration that creates a table; ` +
      'create views with security_invoker, functions without SECURITY DEFINER.',
  );
}

async function grantRights(db: Kysely<unknown>, name: string, role: string): Promise<void> {
  const schema = sql.id(name);
  const grantee = sql.id(role);
  await sql`grant usage on schema ${schema} to ${grantee}`.execute(db);
  await sql`grant select, insert, update, delete on all tables in schema ${schema} to ${grantee}`.execute(db);
  await sql`grant usage on all sequences in schema ${schema} to ${grantee}`.execute(db);
  const bookkeeping = sql`${sql.id(name, 'kysely_migration')}, ${sql.id(name, 'kysely_migration_lock')}`;
  await sql`revoke all on ${bookkeeping} from ${grantee}`.execute(db);
}
