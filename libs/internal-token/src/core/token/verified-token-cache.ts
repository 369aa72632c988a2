import { MAX_TOKEN_BYTES } from './compact-jws.js';
import type { VerificationKey } from '../keys/index.js';
import { RecentMap } from '../recent-map.js';
import type { VerifiedClaims } from './verified-claims.js';

/** The result of verifying one token. */
export interface VerifiedToken {
  readonly raw: string;
  readonly claims: VerifiedClaims;
  readonly key: VerificationKey;
  /** Start of validity, inclusive: seconds since the epoch, leeway included. */
  readonly validFrom: number;
  /** End of validity, exclusive: seconds since the epoch, leeway included. */
  readonly validUntil: number;
}

/**
 * Remembers verified tokens by their text: a token that comes again within its lifetime, as in a fan-out, costs a
 * look-up instead of a signature check.
 *
 * A hit skips parsing, the signature and the claims that cannot change. It still checks what can change: the times, and
 * whether the same key is still in the key set. Entries are looked up by the signature part, which is unique to the
 * token, and match only if the whole text is the same; no claim is part of the look-up. Refused tokens are not stored,
 * so nobody can fill the cache with them.
 */
export class VerifiedTokenCache {
  readonly #entries: RecentMap<string, VerifiedToken>;

  /** @param isHeld true while the key set has this very key; when a key is withdrawn, its tokens are forgotten */
  constructor(
    maxEntries: number,
    private readonly isHeld: (key: VerificationKey) => boolean,
  ) {
    // Of two generations.
    this.#entries = new RecentMap(Math.ceil(maxEntries / 2));
  }

  get(raw: string, nowSeconds: number): VerifiedClaims | undefined {
    // Longer tokens are never accepted, so do not spend time hashing them.
    if (typeof raw !== 'string' || raw.length > MAX_TOKEN_BYTES) return undefined;
    const signature = raw.slice(raw.lastIndexOf('.') + 1);
    const entry = this.#entries.get(signature);
    if (entry === undefined || entry.raw !== raw) return undefined;
    if (nowSeconds >= entry.validFrom && nowSeconds < entry.validUntil && this.isHeld(entry.key)) return entry.claims;
    this.#entries.delete(signature);
    return undefined;
  }

  set(token: VerifiedToken): void {
    this.#entries.set(token.raw.slice(token.raw.lastIndexOf('.') + 1), token);
  }
}
