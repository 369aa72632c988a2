import type { PublicJwk, Signer } from '../../core/index.js';

/** Where a key is in its life. It only ever moves to the right. */
export type SigningKeyState = 'published' | 'active' | 'retiring' | 'retired';

/** One key of a ring. */
export interface SigningKey {
  /** A signer; for a key that signs no more, or not yet, its public half is enough. */
  readonly key: Signer | { readonly publicJwk: PublicJwk };
  /**
   * - `published`: verifiers may learn of it, nothing is signed with it yet
   * - `active`: the one that signs
   * - `retiring`: signs no more; what it has signed is still accepted
   * - `retired`: neither; it is not published
   */
  readonly state: SigningKeyState;
  /** Since when it stands in the published set; milliseconds since the epoch. */
  readonly publishedAt?: number;
  /**
   * A published key becomes the active one at this moment, and the active one a retiring one, by the clock of each
   * process and without another load. Milliseconds since the epoch.
   */
  readonly activateAt?: number;
  /** Milliseconds since the epoch. */
  readonly retiredAt?: number;
}

/**
 * Where the keys of a ring come from. Implement it for a KMS, a Vault or an HSM, with an asynchronous `Signer` for each
 * key: the private halves then never are in this process.
 */
export interface SigningKeyProvider {
  /** For messages: `directory /run/keys`, `HSM token internal-token`. */
  readonly description: string;
  /** Seconds between two looks for changes. Default: by the rotation policy, at most 5. 0 for keys that never change. */
  readonly pollSeconds?: number;
  /**
   * All keys as they are now, exactly one of them active. Rejects where they cannot be had: the ring then keeps those
   * it has. What can be used in spite of a problem is returned, and the problem reported in words without any key.
   */
  load(signal: AbortSignal, report: (problem: string) => void): Promise<readonly SigningKey[]>;
  /** Calls back soon after a change, to spare the wait for the next poll. Returns what ends it. */
  watch?(onChange: () => void): () => void;
  /** The application ends. */
  close?(): void | Promise<void>;
}
