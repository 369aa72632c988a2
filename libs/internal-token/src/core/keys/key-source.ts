import type { JsonWebKey } from 'node:crypto';

/** A key set (RFC 7517, section 5) whose content nobody has examined yet. */
export interface JsonWebKeySet {
  readonly keys: readonly JsonWebKey[];
}

/** Where public keys come from: set by configuration, never by a token (RFC 8725bis, section 3.10). */
export interface KeySource {
  /** For messages: `https://gateway/jwks.json`, `file .dev/jwks.json`. */
  readonly description: string;
  /** True if the keys never change, so that they are read once. */
  readonly fixed?: boolean;
  /** True if the keys are on this machine (a file, memory), so that nobody in between can withhold a withdrawal. */
  readonly local?: boolean;
  /** Returns the current keys; the caller examines them. Rejects if they are not available. */
  load(signal: AbortSignal): Promise<JsonWebKeySet>;
  /**
   * For sources that notice changes: calls `listener` at each one, and the keys are loaded at once. Returns the
   * function that ends the subscription.
   */
  onChange?(listener: () => void): () => void;
}
