import type { InternalTokenClaims } from './internal-token-claims.js';
import { InternalTokenError } from '../errors.js';
import { Given } from '../given.js';

declare const verified: unique symbol;

/**
 * Claims that this process has issued or verified itself. Only the minter and the verifier create them, and they are
 * frozen. The type alone proves nothing: {@link isVerified} checks at run time.
 */
export type VerifiedClaims = InternalTokenClaims & { readonly [verified]: true };

/** The token behind verified claims: the text that was received, or a minted token that is signed on first use. */
export interface TokenSource {
  readonly keyId: string;
  encode(): string | Promise<string>;
}

/**
 * Links claims to their token by a private field on the claims. No code outside this class can set, read, copy or see
 * it, so a context or a log that holds claims does not expose a token. A WeakMap would do the same, but would make a
 * verification some 3 µs slower.
 */
class Registered extends Given {
  readonly #source: TokenSource;

  constructor(claims: object, source: TokenSource) {
    super(claims);
    this.#source = source;
  }

  static sourceOf(value: object): TokenSource | undefined {
    return #source in value ? value.#source : undefined;
  }
}

/**
 * Freezes claims and marks them as verified. For the minter and the verifier only; `core/index.ts` does not export it.
 */
export function registerVerified(claims: InternalTokenClaims, source: TokenSource): VerifiedClaims {
  return Object.freeze(new Registered(claims, source)) as unknown as VerifiedClaims;
}

/** True only for the objects that this process's own minter or verifier returned; a copy is not verified. */
export function isVerified(value: unknown): value is VerifiedClaims {
  return typeof value === 'object' && value !== null && Registered.sourceOf(value) !== undefined;
}

/**
 * Returns the token of verified claims; there is no other way to get it. A received token is returned unchanged, a
 * minted one is signed at the first call. A promise only if the signer is asynchronous.
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
  const source = Registered.sourceOf(claims);
  if (source === undefined) {
    throw new InternalTokenError('txn_no_context', 'These claims were neither issued nor verified by this process.');
  }
  return source;
}
