import type { Transaction } from 'kysely';

/** A domain's data, one tenant at a time: the only way to it. */
export abstract class TenantDatabase<Schema> {
  /**
   * Runs `work` in one transaction that sees the rows of the current claims' tenant (anonymous: public rows only).
   * Rolled back when `work` throws. No port call and no second transaction inside.
   */
  abstract transaction<Result>(work: (trx: Transaction<Schema>) => Promise<Result>): Promise<Result>;
}
