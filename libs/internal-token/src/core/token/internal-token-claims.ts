/**
 * Your own claims, beside the standard ones. Empty here; an application adds members by declaration merging:
 *
 * ```ts
 * declare module 'nestjs-internal-token' {
 *   interface CustomClaims { plan: 'free' | 'pro' }
 * }
 * ```
 *
 * They travel inside the token's `tctx` object.
 */
// eslint-disable-next-line typescript/no-empty-object-type -- applications add members by declaration merging
export interface CustomClaims {}

/**
 * The claims of an internal token, as application code sees them.
 * Names on the wire: draft-ietf-oauth-transaction-tokens-11, section 9.2.
 */
export interface InternalTokenClaims {
  /** The id of the request: `txn`, the W3C trace id and the request id at once (UUIDv7 as 32 hex digits). */
  readonly tokenId: string;
  /** The user: `sub`. The reserved principal `anonymous` if {@link authenticated} is false. */
  readonly userId: string;
  /** The tenant of the user (`tctx.tenant_id`); absent for anonymous and for users without one. */
  readonly tenantId?: string;
  /** What the user may do (`tctx.permissions`), not narrowed by route. */
  readonly permissions: readonly string[];
  /** What this request is for: space-delimited purposes, as on the wire (RFC 6749, section 3.3). */
  readonly scope: string;
  /** Who issued the token: `iss`. */
  readonly issuer: string;
  /** The workload that asked for the token: `req_wl`. */
  readonly requestedBy: string;
  /** Seconds since the epoch: `iat`. */
  readonly issuedAt: number;
  /** Seconds since the epoch: `exp`. */
  readonly expiresAt: number;
  /** False for the anonymous principal (`tctx.authenticated`). */
  readonly authenticated: boolean;
  /** The application's own claims; see {@link CustomClaims}. */
  readonly custom: Readonly<CustomClaims>;
}

/** `sub` of a request without credentials. Never a real user's id. */
export const ANONYMOUS_USER_ID = 'anonymous';
