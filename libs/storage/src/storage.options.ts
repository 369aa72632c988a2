import type { MigrationProvider } from 'kysely/migration';
import { StorageError } from './storage-error.js';

/** What the app decides about storage. */
export type StorageOptions = DataPlace & {
  /** How much of its database work a request tells: nothing, its transactions, or each statement too. Default that. */
  readonly spans?: DatabaseSpanDetail;
};

type DatabaseSpanDetail = 'off' | 'transactions' | 'statements';

/** Where data lives. */
type DataPlace =
  /** PostgreSQL: `postgres://user:password@host:port/database` (DATABASE_URL). */
  | { readonly url: string; readonly pool?: PoolOptions }
  /** Embedded: the base directory; each domain gets `<directory>/<domain>`, locked by one process. */
  | { readonly directory: string }
  /** Embedded and gone with the process: for tests. */
  | { readonly memory: true };

/** Of the connections that a domain has to a server. */
export interface PoolOptions {
  /** At most so many. Default 10. */
  readonly size?: number;
  /** Milliseconds after which the server cancels a statement. Default 10000. */
  readonly statementTimeoutMs?: number;
}

/** What a domain keeps there: given by the domain. */
export interface DomainStorage {
  /** The domain's name, its PostgreSQL schema and the stem of its roles: `inventory`. */
  readonly name: string;
  readonly migrations: MigrationProvider;
  /** Names of the tasks that may use `SystemDatabase`. Default: none, and `SystemDatabase` cannot be injected. */
  readonly systemTasks?: readonly string[];
}

/** The name becomes an SQL identifier: plain, and short enough for the suffixes of roles. */
export function checkDomainName(name: string): void {
  if (/^[a-z][a-z0-9_]{0,50}$/.test(name)) return;
  throw new StorageError(
    'storage_misused',
    `"${name}" cannot name a domain's storage: use lower-case letters, digits and _.`,
  );
}
