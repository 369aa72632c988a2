/**
 * What happens to a request whose internal token does not verify.
 *
 * - `strict`: it is refused. The default, and the only mode that is safe permanently.
 * - `presence`: without a token it is refused; with a token that does not verify it goes on without claims.
 * - `shadow`: it goes on without claims, with or without a token.
 *
 * Only handlers that need no claims can be reached without: `@InternalClaims()`, `@RequireScope()` and
 * `@RequirePermissions()` still refuse, the context has no claims, and calls to other services carry no token.
 * Unverified data is never passed on.
 */
export type EnforcementMode = 'strict' | 'presence' | 'shadow';
