import { sql, type Kysely } from 'kysely';
import { StorageError } from './storage-error.js';

/** Roles that the connections of a domain assume. If absent, the login is used, bound as the owner of the tables. */
export interface DomainRoles {
  /** Inside a transaction: reads and writes the tables of the domain, owns none, and is bound by row-level security. */
  readonly app: string | undefined;
  /** Outside a transaction: has no rights. */
  readonly idle: string | undefined;
}

interface Role {
  readonly name: string;
  readonly superuser: boolean;
  readonly bypassesPolicies: boolean;
  readonly createsRoles: boolean;
}

export async function prepareRoles(db: Kysely<unknown>, domain: string): Promise<DomainRoles> {
  const login = await findLogin(db);
  const app = await prepareRole(db, `${domain}_app`, login);
  if (app === undefined && (login.superuser || login.bypassesPolicies)) {
    throw new StorageError(
      'storage_misconfigured',
      `DATABASE_URL logs in as "${login.name}", which row-level security does not bind, and "${domain}_app" cannot be used. ` +
        `Ask an administrator to run: create role ${domain}_app nologin; grant ${domain}_app to "${login.name}"; ` +
        'or log in as an ordinary owner of the database.',
    );
  }
  return { app, idle: await prepareRole(db, `${domain}_idle`, login) };
}

/** The name of the role, if this login can assume it. */
async function prepareRole(db: Kysely<unknown>, name: string, login: Role): Promise<string | undefined> {
  const mayCreate = login.superuser || login.createsRoles;
  if (!(await findRole(db, name))) {
    if (!mayCreate) return undefined;
    await createRole(db, name);
  }
  const role = await findRole(db, name);
  if (!role || role.superuser || role.bypassesPolicies) {
    throw new StorageError(
      'storage_misconfigured',
      `Row-level security does not bind the role "${name}": alter role ${name} nosuperuser nobypassrls.`,
    );
  }
  if (await canTakeOn(db, name)) return name;
  if (!mayCreate) return undefined;
  // CREATEROLE allows creating a role but does not make the creator a member of it.
  await sql`grant ${sql.id(name)} to current_user`.execute(db).catch(ignore('42501', '0LP01'));
  return (await canTakeOn(db, name)) ? name : undefined;
}

async function canTakeOn(db: Kysely<unknown>, name: string): Promise<boolean> {
  try {
    await sql`set role ${sql.id(name)}`.execute(db);
  } catch (error) {
    ignore('42501')(error);
    return false;
  }
  await sql`reset role`.execute(db);
  return true;
}

/** Roles belong to the whole server, so a process of another database may create the same one at the same time. */
async function createRole(db: Kysely<unknown>, name: string): Promise<void> {
  await sql`create role ${sql.id(name)} nologin`.execute(db).catch(ignore('42710', '23505'));
}

async function findLogin(db: Kysely<unknown>): Promise<Role> {
  const { rows } = await sql<{ name: string }>`select session_user as name`.execute(db);
  const login = rows[0] && (await findRole(db, rows[0].name));
  if (!login) throw new StorageError('storage_misconfigured', 'The login of DATABASE_URL is not a role.');
  return login;
}

async function findRole(db: Kysely<unknown>, name: string): Promise<Role | undefined> {
  const { rows } = await sql<Role>`
    select rolname as name, rolsuper as superuser, rolbypassrls as "bypassesPolicies", rolcreaterole as "createsRoles"
    from pg_catalog.pg_roles where rolname = ${name}`.execute(db);
  return rows[0];
}

function ignore(...codes: string[]): (error: unknown) => void {
  return (error) => {
    if (error instanceof Error && 'code' in error && codes.includes(String(error.code))) return;
    throw error;
  };
}
