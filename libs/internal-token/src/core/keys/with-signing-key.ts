import type { KeyStore, MissingKey } from './key-store.js';
import type { VerificationKey } from './verification-key.js';

/** Why no key confirms a signature. `keys_unavailable` is not the sender's fault: the key set cannot be loaded. */
export type SignatureFault = MissingKey | 'algorithm' | 'signature';

/** The signed bytes, and what the header says about the key. */
export interface SignedBytes {
  readonly keyId: string;
  readonly algorithm: string;
  readonly signingInput: Uint8Array;
  readonly signature: Uint8Array;
}

/**
 * Calls `accept` with the key that signed these bytes: synchronously if the key is known and matches. Returns a promise
 * only if the set may have to be loaded, because the key is unknown or was replaced under its id.
 * @throws (or rejects with) the error that `refuse` makes of the fault
 */
export function withSigningKey<T>(
  keys: KeyStore,
  signed: SignedBytes,
  accept: (key: VerificationKey) => T,
  refuse: (fault: SignatureFault) => Error,
): T | Promise<T> {
  const held = keys.find(signed.keyId);
  if (held === undefined) {
    const decide = (found: VerificationKey | SignatureFault): T => {
      if (typeof found === 'string') throw refuse(found);
      const fault = faultOf(signed, found);
      if (fault !== undefined) throw refuse(fault);
      return accept(found);
    };
    const found = keys.findAfterRefresh(signed.keyId);
    return found instanceof Promise ? found.then(decide) : decide(found);
  }
  const fault = faultOf(signed, held);
  if (fault === undefined) return accept(held);
  const replacement = keys.findReplacement(held);
  if (replacement === undefined) throw refuse(fault);
  return replacement.then((key) => {
    const remaining = key === undefined ? fault : faultOf(signed, key);
    if (key === undefined || remaining !== undefined) throw refuse(remaining ?? fault);
    return accept(key);
  });
}

function faultOf({ algorithm, signingInput, signature }: SignedBytes, key: VerificationKey) {
  if (algorithm !== key.algorithm) return 'algorithm';
  return key.verify(signingInput, signature) ? undefined : 'signature';
}
