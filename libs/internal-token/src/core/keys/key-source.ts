import type { JsonWebKey } from 'node:crypto';

/** A key set (RFC 7517, section 5) whose content nobody has examined yet. */
export interface JsonWebKeySet {
  readonly keys: readonly JsonWebKey[];
}

/** Where public keys come from. Its place is fixed by configuration, never by a token (RFC 8725bis, section 3.10). */
export interface KeySource {
  /** For messages: `https://gateway/jwks.json`, `file .dev/jwks.json`. */
  readonly description: string;
  /** True: what it gives never changes, so that it is read once. */
  readonly fixed?: boolean;
  /** True: it is on this machine (a file, memory), so that nobody in between can hold back a withdrawal. */
  readonly local?: boolean;
  /** The keys as they are now. Rejects where they cannot be had; what it gives is examined by the caller. */
  load(signal: AbortSignal): Promise<JsonWebKeySet>;
  /** Calls back at a change, for sources that hear of one; the keys are then loaded at once. Returns what ends it. */
  onChange?(listener: () => void): () => void;
}
