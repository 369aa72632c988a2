import type { InternalTokenClaims } from './internal-token-claims.js';
import { InternalTokenError } from '../errors.js';

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

/** A constructor that makes nothing: what extends it puts its private field on the object that it is given. */
class Given {
  constructor(object: object) {
    return object;
  }
}

/**
 * Claims and tokens are joined here and nowhere else, by a private field on the claims: no code outside of this class
 * can set, read, copy or even see it, so a context or a log that holds claims holds no token. It does what a WeakMap
 * would do; with one, a verification costs some 3 µs more.
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
 * Makes claims verified claims, and freezes them. For the minter and the verifier only: this file is no entry of the
 * room.
 */
export function registerVerified(claims: InternalTokenClaims, source: TokenSource): VerifiedClaims {
  return Object.freeze(new Registered(claims, source)) as unknown as VerifiedClaims;
}

/** True only for the very objects that this process' minter or verifier returned; a copy is not verified. */
export function isVerified(value: unknown): value is VerifiedClaims {
  return typeof value === 'object' && value !== null && Registered.sourceOf(value) !== undefined;
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
  const source = Registered.sourceOf(claims);
  if (source === undefined) {
    throw new InternalTokenError('txn_no_context', 'These claims were neither issued nor verified by this process.');
  }
  return source;
}
