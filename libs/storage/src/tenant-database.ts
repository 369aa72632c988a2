import type { Transaction } from 'kysely';
import type { InternalTokenContext } from 'nestjs-internal-token';
import type { DatabaseSpans } from './database-spans.js';
import type { DomainDatabase } from './domain-database.js';

/** A domain's data, one tenant at a time: the only way to it. */
export class TenantDatabase<Schema> {
  constructor(
    private readonly database: DomainDatabase,
    private readonly context: InternalTokenContext,
    private readonly spans?: DatabaseSpans,
  ) {}

  /**
   * Runs `work` in one transaction that sees and writes the rows of the current claims' tenant; without a tenant, or
   * anonymous, it sees public rows only. Rolled back when `work` throws. No port call and no second transaction inside.
   */
  async transaction<Result>(work: (trx: Transaction<Schema>) => Promise<Result>): Promise<Result> {
    return this.database.transaction({ tenantId: this.context.claims.tenantId }, work, this.spans);
  }
}
