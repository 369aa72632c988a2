import { Kysely, PGliteDialect, PostgresDialect, sql, type Transaction } from 'kysely';
import { nameDriverFailure, nameStartFailure } from './driver-failure.js';
import { openInDirectory, openInMemory, type EmbeddedDatabase } from './embedded-database.js';
import type { DomainRoles } from './domain-roles.js';
import { runAsOpenTransaction } from './open-transaction.js';
import { prepareDomain, searchPath } from './prepare-domain.js';
import { openPool } from './server-pool.js';
import { checkDomainName, type DomainStorage, type StorageOptions } from './storage.options.js';

/** For whom a transaction runs. */
export interface Principal {
  /** Undefined: no tenant's rows. */
  readonly tenantId: string | undefined;
  /** A system task's name, shown in the server's activity. */
  readonly task?: string;
}

/** One domain's connection. Stays inside this library: outside, a database is always somebody's. */
export class DomainDatabase {
  private constructor(
    private readonly name: string,
    private readonly roles: DomainRoles,
    private readonly db: Kysely<unknown>,
    private readonly release: () => void,
  ) {}

  static async open(options: StorageOptions, domain: DomainStorage): Promise<DomainDatabase> {
    checkDomainName(domain.name);
    try {
      return 'url' in options ? await openOnServer(options.url, domain) : await openEmbedded(options, domain);
    } catch (error) {
      throw nameStartFailure(error, domain.name);
    }
  }

  static create(name: string, roles: DomainRoles, db: Kysely<unknown>, release: () => void): DomainDatabase {
    return new DomainDatabase(name, roles, db, release);
  }

  async transaction<Schema, Result>(
    principal: Principal,
    work: (trx: Transaction<Schema>) => Promise<Result>,
  ): Promise<Result> {
    return runAsOpenTransaction(this.name, async () => {
      try {
        return await this.db.transaction().execute(async (trx) => {
          await this.bind(trx, principal);
          return work(trx as Transaction<unknown> as Transaction<Schema>);
        });
      } catch (error) {
        throw nameDriverFailure(error, this.name, principal.tenantId === undefined ? 'no tenant' : 'tenant');
      }
    });
  }

  /** Called by Nest once the servers are closed and nobody can ask any more. */
  async onApplicationShutdown(): Promise<void> {
    await this.db.destroy();
    this.release();
  }

  /** All of it ends with the transaction: a pooled connection carries nothing over to the next tenant. */
  private async bind(trx: Transaction<unknown>, { tenantId, task }: Principal): Promise<void> {
    const settings: Record<string, string> = {
      search_path: searchPath(this.name),
      application_name: task === undefined ? this.name : `${this.name}: ${task}`,
      'app.tenant_id': tenantId ?? '',
      'app.in_transaction': 'yes',
      ...(this.roles.app === undefined ? {} : { role: this.roles.app }),
    };
    const calls = Object.entries(settings).map(([key, value]) => sql`set_config(${key}, ${value}, true)`);
    await sql`select ${sql.join(calls)}`.execute(trx);
  }
}

async function openOnServer(url: string, domain: DomainStorage): Promise<DomainDatabase> {
  const starter = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: openPool(url, { migrating: true }) }) });
  let roles: DomainRoles;
  try {
    roles = await prepareDomain(starter, domain);
  } finally {
    await starter.destroy();
  }
  const pool = openPool(url, { role: roles.idle });
  return DomainDatabase.create(
    domain.name,
    roles,
    new Kysely({ dialect: new PostgresDialect({ pool }) }),
    () => undefined,
  );
}

async function openEmbedded(
  options: { readonly directory: string } | { readonly memory: true },
  domain: DomainStorage,
): Promise<DomainDatabase> {
  const embedded: EmbeddedDatabase =
    'directory' in options ? await openInDirectory(options.directory, domain.name) : await openInMemory();
  const db = new Kysely<unknown>({ dialect: new PGliteDialect({ pglite: embedded.pglite }) });
  try {
    const roles = await prepareDomain(db, domain);
    if (roles.idle !== undefined) await sql`set role ${sql.id(roles.idle)}`.execute(db);
    return DomainDatabase.create(domain.name, roles, db, () => embedded.release());
  } catch (error) {
    await embedded.pglite.close();
    embedded.release();
    throw error;
  }
}
