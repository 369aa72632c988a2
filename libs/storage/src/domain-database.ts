import { type Dialect, Kysely, PGliteDialect, PostgresDialect, sql, type Transaction } from 'kysely';
import type { DatabaseSpans } from './database-spans.js';
import { nameDriverFailure, nameStartFailure } from './driver-failure.js';
import { openInDirectory, openInMemory, type EmbeddedDatabase } from './embedded-database.js';
import type { DomainRoles } from './domain-roles.js';
import { runAsOpenTransaction } from './run-as-open-transaction.js';
import { prepareDomain, searchPath } from './prepare-domain.js';
import { openServerPool } from './open-server-pool.js';
import { checkDomainName, type DomainStorage, type PoolOptions, type StorageOptions } from './storage.options.js';

/** The principal of a transaction. */
export interface Principal {
  /** Undefined for no tenant's rows. */
  readonly tenantId: string | undefined;
  /** The name of a system task, shown in the server's activity. */
  readonly task?: string;
}

/** The connection of one domain. Not exported: outside this library, every use has a tenant or a task. */
export class DomainDatabase {
  private constructor(
    private readonly name: string,
    private readonly roles: DomainRoles,
    private readonly dialect: Dialect,
    private readonly db: Kysely<unknown>,
    private readonly release: () => void,
  ) {}

  static async open(options: StorageOptions, domain: DomainStorage): Promise<DomainDatabase> {
    checkDomainName(domain.name);
    try {
      return 'url' in options ? await openOnServer(options, domain) : await openEmbedded(options, domain);
    } catch (error) {
      throw nameStartFailure(error, domain.name);
    }
  }

  static create(
    name: string,
    roles: DomainRoles,
    dialect: Dialect,
    db: Kysely<unknown>,
    release: () => void,
  ): DomainDatabase {
    return new DomainDatabase(name, roles, dialect, db, release);
  }

  /** @param spans opens spans, if a request is running */
  async transaction<Schema, Result>(
    principal: Principal,
    work: (trx: Transaction<Schema>) => Promise<Result>,
    spans?: DatabaseSpans,
  ): Promise<Result> {
    return runAsOpenTransaction(this.name, () =>
      spans === undefined
        ? this.#run(principal, work)
        : spans.transaction(() => this.#run<Schema, Result>(principal, (trx) => work(spans.watch(trx, this.dialect)))),
    );
  }

  /** Called by Nest after the servers are closed. */
  async onApplicationShutdown(): Promise<void> {
    await this.db.destroy();
    this.release();
  }

  async #run<Schema, Result>(
    principal: Principal,
    work: (trx: Transaction<Schema>) => Promise<Result>,
  ): Promise<Result> {
    try {
      return await this.db.transaction().execute(async (trx) => {
        await this.#bind(trx, principal);
        return work(trx as Transaction<unknown> as Transaction<Schema>);
      });
    } catch (error) {
      throw nameDriverFailure(error, this.name, principal.tenantId === undefined ? 'no tenant' : 'tenant');
    }
  }

  /** All settings end with the transaction, so a pooled connection keeps nothing of a tenant. */
  async #bind(trx: Transaction<unknown>, { tenantId, task }: Principal): Promise<void> {
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

async function openOnServer(
  { url, pool }: { readonly url: string; readonly pool?: PoolOptions },
  domain: DomainStorage,
): Promise<DomainDatabase> {
  const starter = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: openServerPool(url, { migrating: true }) }),
  });
  let roles: DomainRoles;
  try {
    roles = await prepareDomain(starter, domain);
  } finally {
    await starter.destroy();
  }
  const dialect = new PostgresDialect({ pool: openServerPool(url, { ...pool, role: roles.idle }) });
  return DomainDatabase.create(domain.name, roles, dialect, new Kysely({ dialect }), () => undefined);
}

async function openEmbedded(
  options: { readonly directory: string } | { readonly memory: true },
  domain: DomainStorage,
): Promise<DomainDatabase> {
  const embedded: EmbeddedDatabase =
    'directory' in options ? await openInDirectory(options.directory, domain.name) : await openInMemory();
  const dialect = new PGliteDialect({ pglite: embedded.pglite });
  const db = new Kysely<unknown>({ dialect });
  try {
    const roles = await prepareDomain(db, domain);
    if (roles.idle !== undefined) await sql`set role ${sql.id(roles.idle)}`.execute(db);
    return DomainDatabase.create(domain.name, roles, dialect, db, () => embedded.release());
  } catch (error) {
    await embedded.pglite.close();
    embedded.release();
    throw error;
  }
}
