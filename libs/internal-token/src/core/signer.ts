import type { JsonWebKey, KeyObject } from 'node:crypto';
import type { SigningAlgorithm } from './algorithms.js';

/** A public key as the key set publishes it (RFC 7517, section 4). */
export interface PublicJwk extends JsonWebKey {
  readonly kty: string;
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly use: 'sig';
}

/** Makes signatures with one private key. Implement it for a key that lives elsewhere (KMS, HSM). */
export interface Signer {
  readonly algorithm: SigningAlgorithm;
  readonly keyId: string;
  /** True where {@link sign} returns a promise; the gateway then signs when it mints. */
  readonly asynchronous?: boolean;
  /** The public half, for the published key set. */
  readonly publicJwk: PublicJwk;
  /** The JWS signature (for ECDSA r and s, not DER) of the bytes. */
  sign(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** What {@link createSigner} makes a signer of. */
export interface SignerOptions {
  /** The private key: PEM (PKCS#8, SEC1, PKCS#1), JWK or KeyObject. */
  readonly key: string | JsonWebKey | KeyObject;
  /** Default: the JWK's own `alg`, else what fits the key (ES256, ES384, ES512, EdDSA; RS256 for RSA). */
  readonly algorithm?: SigningAlgorithm;
  /** Default: the JWK's own `kid`, else the RFC 7638 SHA-256 thumbprint. */
  readonly keyId?: string;
}

/**
 * A signer on this process' own key.
 * @throws InternalTokenError `configuration_invalid` for a weak key or one that does not fit the algorithm
 */
export async function createSigner(_options: SignerOptions): Promise<Signer> {
  throw new Error('not yet');
}
