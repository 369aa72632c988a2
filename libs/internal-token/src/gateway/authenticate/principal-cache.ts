import { LRUCache } from 'lru-cache';
import { MAX_MINTED_BYTES, type VerificationKey } from '../../core/index.js';
import type { Principal } from './principal.js';

interface CachedPrincipal {
  readonly principal: Principal;
  /** Seconds since the epoch. */
  readonly believedUntil: number;
  /** The key that verified the token; undefined for an introspected one. */
  readonly key: VerificationKey | undefined;
}

/** Bounds of a {@link PrincipalCache}. */
export interface PrincipalCacheLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/** An entry without its strings: the objects, the arrays and the hash. */
const ENTRY_BYTES = 800;
/** A string without its characters. */
const TEXT_BYTES = 32;

/**
 * The principals of one issuer's verified tokens, by the SHA-256 of the token. Bounded in number and memory, and never
 * shared between issuers. Contains no tokens.
 */
export class PrincipalCache {
  readonly #entries: LRUCache<string, CachedPrincipal>;

  /** @param isKeyHeld true while the key set has this very key; when a key is removed, its entries are forgotten */
  constructor(
    { maxEntries, maxBytes }: PrincipalCacheLimits,
    private readonly isKeyHeld: (key: VerificationKey) => boolean,
    private readonly hasLifeLeft: (expiresAt: number, nowSeconds: number) => boolean,
  ) {
    this.#entries = new LRUCache({
      max: maxEntries,
      maxSize: maxBytes,
      sizeCalculation: ({ principal }) => bytesOf(principal),
    });
  }

  /** The estimated memory that it takes. */
  get bytes(): number {
    return this.#entries.calculatedSize;
  }

  get(tokenHash: string, nowSeconds: number): Principal | undefined {
    const entry = this.#entries.get(tokenHash);
    if (entry === undefined) return undefined;
    const { principal, believedUntil, key } = entry;
    const usable = nowSeconds < believedUntil && this.hasLifeLeft(principal.expiresAt, nowSeconds);
    if (usable && (key === undefined || this.isKeyHeld(key))) return principal;
    this.#entries.delete(tokenHash);
    return undefined;
  }

  /** Skips principals that no token can be minted for: their requests fail, and must not evict other entries. */
  set(tokenHash: string, principal: Principal, believedUntil: number, key?: VerificationKey): void {
    if (isMintable(principal)) this.#entries.set(tokenHash, { principal, believedUntil, key });
  }
}

/**
 * False if these claims alone exceed the largest token. An enricher may still reduce the permissions of such a user;
 * the request then succeeds, but its access token is checked again each time.
 */
function isMintable({ userId, tenantId, permissions, authn }: Principal): boolean {
  const payload = Buffer.byteLength(JSON.stringify([userId, tenantId, permissions, authn]));
  return Math.ceil((payload * 4) / 3) <= MAX_MINTED_BYTES;
}

function bytesOf({ userId, tenantId = '', permissions, scopes, authn = [], clientId = '' }: Principal): number {
  let bytes = ENTRY_BYTES;
  for (const texts of [[userId, tenantId, clientId], permissions, scopes, authn]) {
    for (const text of texts) bytes += TEXT_BYTES + 2 * text.length;
  }
  return bytes;
}
