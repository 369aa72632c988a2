import type { InternalTokenClaims } from './claims.js';

declare const verified: unique symbol;

/**
 * Claims that this process has issued or verified itself. Only the minter and the verifier make them, and they are
 * frozen; {@link isVerified} asks the registry, whatever TypeScript believes.
 */
export type VerifiedClaims = InternalTokenClaims & { readonly [verified]: true };

/** True only for the very objects that this process' minter or verifier returned. */
export function isVerified(_value: unknown): _value is VerifiedClaims {
  throw new Error('not yet');
}

/** The only way from claims to the token's text. */
export function encodedToken(_claims: VerifiedClaims): string | Promise<string> {
  throw new Error('not yet');
}

/** The `kid` of the key that signs or signed the token of these claims. */
export function keyIdOf(_claims: VerifiedClaims): string {
  throw new Error('not yet');
}
