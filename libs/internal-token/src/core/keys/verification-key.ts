import { constants, type KeyObject, verify } from 'node:crypto';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from './algorithms.js';
import { rawToDer } from './ecdsa-signature.js';

/** A public key that has passed every check. */
export interface VerificationKey {
  readonly keyId: string;
  /** The one algorithm this key is for. */
  readonly algorithm: SigningAlgorithm;
  readonly publicKey: KeyObject;
  /** True only for this key's signature of the bytes; never throws. */
  verify(bytes: Uint8Array, signature: Uint8Array): boolean;
}

/** Wraps a key that has already been examined. */
export function createVerificationKey(key: KeyObject, algorithm: SigningAlgorithm, keyId: string): VerificationKey {
  const check = signatureCheck(key, algorithm);
  return {
    keyId,
    algorithm,
    publicKey: key,
    verify(bytes, signature) {
      try {
        return check(bytes, signature);
      } catch {
        return false;
      }
    },
  };
}

type SignatureCheck = (bytes: Uint8Array, signature: Uint8Array) => boolean;

/** Passes the bare key to `verify`: with an options object Node rebuilds the key at every call. PSS needs one. */
function signatureCheck(key: KeyObject, algorithm: SigningAlgorithm): SignatureCheck {
  const { digest, signatureBytes } = SIGNING_ALGORITHMS[algorithm];
  if (algorithm === 'EdDSA') return (bytes, signature) => verify(null, bytes, key, signature);
  if (algorithm === 'RS256') return (bytes, signature) => verify(digest, bytes, key, signature);
  if (algorithm === 'PS256') {
    const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
    return (bytes, signature) => verify(digest, bytes, pss, signature);
  }
  return (bytes, signature) => {
    const der = rawToDer(signature, signatureBytes ?? 0);
    return der !== undefined && verify(digest, bytes, key, der);
  };
}
