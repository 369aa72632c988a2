/**
 * What becomes of a request whose internal token does not verify.
 *
 * - `strict`: it is refused. The default, and the only mode that is safe to stay in.
 * - `presence`: without a token it is refused; with one that does not verify it goes on, without claims.
 * - `shadow`: it goes on, without claims, with or without a token.
 *
 * Going on without claims is for handlers that ask for none: `@InternalClaims()`, `@RequireScope()` and
 * `@RequirePermissions()` refuse as ever, the context has no claims, and calls to other services carry no token. What
 * was not verified is never handed to anybody.
 */
export type EnforcementMode = 'strict' | 'presence' | 'shadow';

const MODES: readonly unknown[] = ['strict', 'presence', 'shadow'] satisfies EnforcementMode[];

export function isEnforcementMode(value: unknown): value is EnforcementMode {
  return MODES.includes(value);
}
