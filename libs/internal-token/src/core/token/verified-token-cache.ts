import { LRUCache } from 'lru-cache';
import { MAX_TOKEN_BYTES } from './compact-jws.js';
import { InternalTokenError } from '../errors.js';
import type { VerificationKey } from '../keys/index.js';
import type { VerifiedClaims } from './verified-claims.js';

/** How many tokens a verifier remembers; `false` for none. */
export type TokenCacheOptions = false | { readonly maxEntries?: number };

/** What was found out about one token's text. */
export interface VerifiedToken {
  readonly raw: string;
  readonly claims: VerifiedClaims;
  readonly key: VerificationKey;
  /** Seconds since the epoch, leeway included: the first moment at which it may pass, and the first at which it may not. */
  readonly validFrom: number;
  readonly validUntil: number;
}

const DEFAULT_ENTRIES = 1000;

/**
 * Remembers tokens that were verified, by their text: a token that comes again within its life, as in a fan-out, costs
 * a look-up instead of a signature check.
 *
 * A hit skips reading, the signature and the claims that cannot change. It does not skip what can: whether the very key
 * is still held, and the times. Entries are found by the signature part, which every token has to itself, and count
 * only if the whole text is the same; nothing that a token says is ever part of a key. Tokens that were refused leave
 * no trace, so that nobody can fill the cache with them.
 */
export class VerifiedTokenCache {
  readonly #entries: LRUCache<string, VerifiedToken>;

  /** @param isHeld whether the key set still holds the very key: one that was withdrawn takes its tokens with it */
  constructor(
    maxEntries: number,
    private readonly isHeld: (key: VerificationKey) => boolean,
  ) {
    this.#entries = new LRUCache({ max: maxEntries });
  }

  get(raw: string, nowSeconds: number): VerifiedClaims | undefined {
    // Longer ones are never accepted, and hashing them would be work for nothing.
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

/**
 * The number of entries; 0 for no cache.
 * @throws InternalTokenError `configuration_invalid`
 */
export function cacheEntries(options: TokenCacheOptions | undefined): number {
  if (options === false) return 0;
  const { maxEntries = DEFAULT_ENTRIES } = options ?? {};
  if (Number.isInteger(maxEntries) && maxEntries >= 1 && maxEntries <= 1_000_000) return maxEntries;
  throw new InternalTokenError(
    'configuration_invalid',
    `tokenCache.maxEntries is ${String(maxEntries)}: give a whole number from 1 to 1000000, or tokenCache: false.`,
  );
}
