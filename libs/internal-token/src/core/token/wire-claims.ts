import type { CustomClaims, InternalTokenClaims } from './internal-token-claims.js';

/** Claims by their names on the wire (draft-ietf-oauth-transaction-tokens-11, section 9.2), as we issue them. */
export interface WireClaims {
  readonly iss: string;
  readonly iat: number;
  readonly exp: number;
  readonly txn: string;
  readonly sub: string;
  readonly scope: string;
  readonly req_wl: string;
  readonly tctx: TransactionContext;
}

/** `tctx`: fixed for the whole transaction. Its other members are the application's own claims. */
export interface TransactionContext {
  readonly tenant_id?: string;
  readonly permissions: readonly string[];
  readonly authenticated: boolean;
}

/** The members of `tctx` whose names a custom claim must not use. */
export const TRANSACTION_CONTEXT_NAMES: ReadonlySet<string> = new Set(['tenant_id', 'permissions', 'authenticated']);

/** `scope` and its tokens (RFC 6749, section 3.3). */
export const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;

/**
 * The claims that application code sees. Minted and received tokens share this function, so that claims are equal with
 * and without a hop. Everything inside is deeply frozen, so that nobody can change what is passed on; the outer object
 * is frozen when it is registered.
 */
export function toClaims(wire: WireClaims, custom: CustomClaims): InternalTokenClaims {
  const { tenant_id: tenantId, permissions, authenticated } = wire.tctx;
  const claims: { -readonly [Name in keyof InternalTokenClaims]: InternalTokenClaims[Name] } = {
    tokenId: wire.txn,
    userId: wire.sub,
    permissions: Object.freeze(permissions),
    scope: wire.scope,
    issuer: wire.iss,
    requestedBy: wire.req_wl,
    issuedAt: wire.iat,
    expiresAt: wire.exp,
    authenticated,
    custom: Object.keys(custom).length === 0 ? Object.freeze(custom) : deepFreeze(custom),
  };
  if (tenantId !== undefined) claims.tenantId = tenantId;
  return claims;
}

/** Iterative, since claims may be nested deeply. Also goes into objects that a schema froze only at the top. */
function deepFreeze<T extends object>(root: T): T {
  const reached = new Set<object>([root]);
  for (const value of reached) {
    Object.freeze(value);
    for (const member of Object.values(value)) {
      // A schema may have turned a string into bytes, and those cannot be frozen.
      if (typeof member === 'object' && member !== null && !ArrayBuffer.isView(member)) reached.add(member);
    }
  }
  return root;
}
