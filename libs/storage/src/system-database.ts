import type { Transaction } from 'kysely';
import type { InternalTokenContext } from 'nestjs-internal-token';
import type { DomainDatabase } from './domain-database.js';
import { StorageError } from './storage-error.js';

export interface SystemTask {
  /** One of the names that the domain declared in `systemTasks`. */
  readonly task: string;
  /** Whose rows: a task, too, works for one tenant at a time. Undefined: nobody's, as for an anonymous caller. */
  readonly tenantId: string | undefined;
}

/** For code that runs for no user (expiry, development seeds). Inside a request the tenant is the caller's: refused. */
export class SystemDatabase<Schema> {
  constructor(
    private readonly database: DomainDatabase,
    private readonly context: InternalTokenContext,
    private readonly tasks: readonly string[],
  ) {}

  async transaction<Result>(
    { task, tenantId }: SystemTask,
    work: (trx: Transaction<Schema>) => Promise<Result>,
  ): Promise<Result> {
    if (!this.tasks.includes(task)) {
      throw new StorageError('storage_misused', `"${task}" is not one of this domain's systemTasks.`);
    }
    if (tenantId === '') throw new StorageError('storage_misused', `The task "${task}" names no tenant.`);
    if (this.context.txn !== undefined) {
      throw new StorageError(
        'storage_misused',
        `The task "${task}" runs inside a request: use TenantDatabase, or run it outside.`,
      );
    }
    return this.database.transaction({ tenantId, task }, work);
  }
}
