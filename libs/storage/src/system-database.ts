import type { Transaction } from 'kysely';
import type { InternalTokenContext } from 'nestjs-internal-token';
import type { DomainDatabase } from './domain-database.js';
import { StorageError } from './storage-error.js';

export interface SystemTask {
  /** One of the names that the domain declared in `systemTasks`. */
  readonly task: string;
  /** The tenant whose rows it uses, one at a time. Undefined for no tenant, as for an anonymous caller. */
  readonly tenantId: string | undefined;
}

/** For code without a user (expiry, development seeds). Refused inside a request, where the tenant is the caller's. */
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
    if (tenantId === '')
      throw new StorageError(
        'storage_misused',
        `The task "${task}" has an empty tenantId; name a tenant, or leave it out.`,
      );
    if (this.context.txn !== undefined) {
      throw new StorageError(
        'storage_misused',
        `The task "${task}" runs inside a request: use TenantDatabase, or run it outside.`,
      );
    }
    return this.database.transaction({ tenantId, task }, work);
  }
}
