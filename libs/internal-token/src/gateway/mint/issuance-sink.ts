/** What is kept of one issued token. It never holds the token. */
export interface IssuanceRecord {
  readonly txn: string;
  readonly sub: string;
  readonly scope: string;
  readonly requestedBy: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  readonly keyId: string;
  /** `tokenHash()` of the token; absent until a token is signed, which in one process it never is. */
  readonly tokenHash?: string;
}

/**
 * Where issuance records go: an audit store of the team's own, never the request log. Provide one class that extends
 * it in any module; there is none by default. A failing sink is logged and fails no request.
 */
export abstract class IssuanceSink {
  abstract issued(record: IssuanceRecord): void | Promise<void>;
}
