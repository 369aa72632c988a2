import type { CustomClaims } from '../../core/index.js';

/**
 * The user of an access token, in internal terms: verified, mapped and frozen. Internal tokens are minted from it.
 * Nothing in it comes from a header or body that the caller controls.
 */
export interface Principal {
  /** Subject inside the trust domain, namespaced if several issuers are accepted. Never `anonymous` or `workload:…`. */
  readonly userId: string;
  /** The tenant; absent if the issuer names none. */
  readonly tenantId?: string;
  /** What the user may do; unique, possibly empty. */
  readonly permissions: readonly string[];
  /** Internal scopes, mapped from those of the token; unique, possibly empty. A route can grant no others. */
  readonly scopes: readonly string[];
  /** How the user authenticated: RFC 8176 values (`amr`), if the issuer states them. */
  readonly authn?: readonly string[];
  /** When the access token expires, in seconds since the epoch. No internal token may outlive it. */
  readonly expiresAt: number;
  /** The external issuer, exactly as configured. */
  readonly issuer: string;
  /** The OAuth client that the token was issued to; for records, never for authorization. */
  readonly clientId?: string;
  /** Further claims that an enricher added; they travel in the `tctx` of the internal token. */
  readonly custom?: Readonly<CustomClaims>;
}
