import type { SigningAlgorithm } from '../algorithms.js';

/** A public key that passed every admission check. */
export interface VerificationKey {
  readonly keyId: string;
  /** The one algorithm this key is for. */
  readonly algorithm: SigningAlgorithm;
  verify(bytes: Uint8Array, signature: Uint8Array): boolean;
}
