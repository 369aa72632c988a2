import type { Transaction } from 'kysely';

export interface SystemTask {
  /** One of the names that the domain declared in `systemTasks`. */
  readonly task: string;
  /** Whose rows: still one tenant at a time. */
  readonly tenantId: string;
}

/** For code that runs for no user (expiry, development seeds). Refused inside a request. */
export abstract class SystemDatabase<Schema> {
  abstract transaction<Result>(as: SystemTask, work: (trx: Transaction<Schema>) => Promise<Result>): Promise<Result>;
}
