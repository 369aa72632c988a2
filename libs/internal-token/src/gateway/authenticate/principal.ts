import type { CustomClaims } from '../../core/index.js';

/**
 * Who an access token speaks for, in internal terms: verified, mapped, frozen, and ready to be minted from.
 * Nothing in it comes from a header or a body the caller controls.
 */
export interface Principal {
  /** Subject inside the trust domain, namespaced where several issuers are accepted. Never `anonymous` or `workload:…`. */
  readonly userId: string;
  /** Tenant the issuer named, absent if it named none. */
  readonly tenantId?: string;
  /** What the user may do; unique, possibly empty. */
  readonly permissions: readonly string[];
  /** Internal scopes (mapped from the token's), unique, possibly empty: the widest purpose a route may grant. */
  readonly scopes: readonly string[];
  /** How the user authenticated: RFC 8176 values (`amr`), if the issuer said so. */
  readonly authn?: readonly string[];
  /** End of the access token's life, seconds since the epoch: no internal token may outlive it. */
  readonly expiresAt: number;
  /** The external issuer, exactly as configured. */
  readonly issuer: string;
  /** The OAuth client the token was issued to, as the issuer names it; for records, never for authorization. */
  readonly clientId?: string;
  /** Further claims an enricher added; they travel inside the internal token's `tctx`. */
  readonly custom?: Readonly<CustomClaims>;
}
