import type { InternalTokenClaims } from './claims.js';
import { InternalTokenError } from './errors.js';

declare const verified: unique symbol;

/**
 * Claims that this process has issued or verified itself. Only the minter and the verifier make them, and they are
 * frozen; {@link isVerified} asks the registry, whatever TypeScript believes.
 */
export type VerifiedClaims = InternalTokenClaims & { readonly [verified]: true };

/** What stands behind verified claims: the text that was received, or the record that is signed on first use. */
export interface TokenSource {
  readonly keyId: string;
  encode(): string | Promise<string>;
}

/**
 * Claims and tokens are joined here and nowhere else: a context or a log that holds claims holds no token,
 * and the entry dies with its claims.
 */
const registry = new WeakMap<object, TokenSource>();

/** Enters claims into the registry. For the minter and the verifier only: this file is no entry of the room. */
export function registerVerified(claims: InternalTokenClaims, source: TokenSource): VerifiedClaims {
  registry.set(claims, source);
  return claims as VerifiedClaims;
}

/** True only for the very objects that this process' minter or verifier returned; a copy is not verified. */
export function isVerified(value: unknown): value is VerifiedClaims {
  return typeof value === 'object' && value !== null && registry.has(value);
}

/**
 * The only way from claims to the token's text: for a received token the same bytes, for a minted one the signature,
 * made at the first call and remembered. A promise only where the signer is asynchronous.
 * @throws InternalTokenError `txn_no_context` for claims that are not registered
 */
export function encodedToken(claims: VerifiedClaims): string | Promise<string> {
  return sourceOf(claims).encode();
}

/**
 * The `kid` of the key that signs or signed the token of these claims.
 * @throws InternalTokenError `txn_no_context` for claims that are not registered
 */
export function keyIdOf(claims: VerifiedClaims): string {
  return sourceOf(claims).keyId;
}

function sourceOf(claims: VerifiedClaims): TokenSource {
  const source = registry.get(claims);
  if (source === undefined) {
    throw new InternalTokenError('txn_no_context', 'These claims were neither issued nor verified by this process.');
  }
  return source;
}
