import type { PublicJwk, Signer } from '../../core/index.js';

/** The stages in the life of a key, in their order. */
export type SigningKeyState = 'published' | 'active' | 'retiring' | 'retired';

/** One key of a ring. */
export interface SigningKey {
  /** A signer; for a key that no longer signs, or does not sign yet, its public JWK is enough. */
  readonly key: Signer | { readonly publicJwk: PublicJwk };
  /**
   * - `published`: verifiers can load it; nothing is signed with it yet
   * - `active`: it signs
   * - `retiring`: it no longer signs; tokens that it has signed are still accepted
   * - `retired`: it is not published, and its tokens are refused
   */
  readonly state: SigningKeyState;
  /** When it was published, in milliseconds since the epoch. */
  readonly publishedAt?: number;
  /**
   * When the published key becomes active and the active one retiring, by the clock of each process and without another
   * load. Milliseconds since the epoch.
   */
  readonly activateAt?: number;
  /** When it was retired, in milliseconds since the epoch. */
  readonly retiredAt?: number;
}

/**
 * Where the keys of a ring come from. Implement it for a KMS, a Vault or an HSM, with an asynchronous `Signer` for each
 * key, so that the private keys are never in this process.
 */
export interface SigningKeyProvider {
  /** For messages: `directory /run/keys`, `HSM token internal-token`. */
  readonly description: string;
  /** Seconds between polls for changes; 0 for keys that never change. Default: by the rotation policy, at most 5. */
  readonly pollSeconds?: number;
  /**
   * Returns all current keys, exactly one of them active. Rejects if they are not available; the ring then keeps its
   * keys. If only some are usable, returns those and reports the problem, without any key material.
   */
  load(signal: AbortSignal, report: (problem: string) => void): Promise<readonly SigningKey[]>;
  /** Calls `onChange` soon after a change, to avoid waiting for the next poll. Returns the function that stops it. */
  watch?(onChange: () => void): () => void;
  /** Called when the application shuts down. */
  close?(): void | Promise<void>;
}
