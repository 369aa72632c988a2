import type { SigningAlgorithm } from './algorithms.js';
import type { CustomClaimsSchema } from './custom-claims.js';
import type { KeyStore } from './keys/index.js';
import type { VerifiedClaims } from './verified-claims.js';

/** Settings of an {@link InternalTokenVerifier}. */
export interface VerifierOptions {
  /** `aud` that a token must be for. */
  readonly trustDomain: string;
  /** `iss` that a token must come from. */
  readonly issuer: string;
  /** Default `['ES256']`. */
  readonly algorithms?: readonly SigningAlgorithm[];
  /** Seconds by which clocks may differ, 0 to 60. Default 5. */
  readonly leewaySeconds?: number;
  /** Longest accepted `exp - iat` in seconds, 1 to 300. Default 300. */
  readonly maxLifetimeSeconds?: number;
  readonly keys: KeyStore;
  /** A synchronous Standard Schema that the application's own claims must satisfy. */
  readonly customClaims?: CustomClaimsSchema;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
}

/** Turns a received token into verified claims. No I/O for a known key. */
export class InternalTokenVerifier {
  constructor(_options: VerifierOptions) {
    throw new Error('not yet');
  }

  /** Tokens verified with success by this object. */
  get verified(): number {
    return 0;
  }

  /** @throws InternalTokenError with the code of the first check that fails */
  verify(_raw: string): VerifiedClaims | Promise<VerifiedClaims> {
    throw new Error('not yet');
  }
}
