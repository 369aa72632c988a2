import type { Transaction } from 'kysely';
import type { InternalTokenContext } from 'nestjs-internal-token';
import type { DatabaseSpans } from './database-spans.js';
import type { DomainDatabase } from './domain-database.js';

/** The only way to the data of a domain, for one tenant at a time. */
export class TenantDatabase<Schema> {
  constructor(
    private readonly database: DomainDatabase,
    private readonly context: InternalTokenContext,
    private readonly spans?: DatabaseSpans,
  ) {}

  /**
   * Runs `work` in one transaction that sees and writes the rows of the current claims' tenant; without a tenant, or
   * anonymous, it sees only public rows. Rolled back if `work` throws. Port calls and nested transactions are refused.
   */
  async transaction<Result>(work: (trx: Transaction<Schema>) => Promise<Result>): Promise<Result> {
    return this.database.transaction({ tenantId: this.context.claims.tenantId }, work, this.spans);
  }
}
