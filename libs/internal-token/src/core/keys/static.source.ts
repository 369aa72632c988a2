import type { SigningAlgorithm } from '../algorithms.js';
import type { JsonWebKeySet, KeySource } from './key-source.js';

/** Keys given in the configuration. */
export function staticSource(_keys: JsonWebKeySet): KeySource {
  throw new Error('not yet');
}

/** One public key in PEM form. */
export interface PemKey {
  /** The public key (SPKI) or certificate. */
  readonly pem: string;
  /** Default: what fits the key; RS256 for RSA. */
  readonly algorithm?: SigningAlgorithm;
  /** Default: the RFC 7638 SHA-256 thumbprint. */
  readonly keyId?: string;
}

/** Public keys in PEM form, given in the configuration. */
export function pemSource(..._keys: readonly PemKey[]): KeySource {
  throw new Error('not yet');
}
