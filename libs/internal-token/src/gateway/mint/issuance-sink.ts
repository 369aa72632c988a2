/** The record of one issued token. It never contains the token. */
export interface IssuanceRecord {
  readonly txn: string;
  readonly sub: string;
  readonly scope: string;
  readonly requestedBy: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  readonly keyId: string;
  /** `tokenHash()` of the token; absent until the token is signed, which never happens within one process. */
  readonly tokenHash?: string;
}

/**
 * Where issuance records go: an audit store of the team's own, never the request log. Provide one class that extends
 * this one in any module; there is none by default. If a sink fails, that is logged and does not fail the request.
 */
export abstract class IssuanceSink {
  abstract issued(record: IssuanceRecord): void | Promise<void>;
}
