import type { MigrationProvider } from 'kysely/migration';

/** Where data lives: given by the app. */
export type StorageOptions =
  | { /** PostgreSQL: `postgres://…` (DATABASE_URL). */ readonly url: string }
  | { /** Embedded: the base directory; each domain gets `<directory>/<domain>`. */ readonly directory: string }
  | { /** Embedded and gone with the process: for tests. */ readonly memory: true };

/** What a domain keeps there: given by the domain. */
export interface DomainStorage {
  /** The domain's name, its PostgreSQL schema and the stem of its role: `inventory`. */
  readonly name: string;
  readonly migrations: MigrationProvider;
  /** Names of the tasks that may use `SystemDatabase`. Default: none. */
  readonly systemTasks?: readonly string[];
}
