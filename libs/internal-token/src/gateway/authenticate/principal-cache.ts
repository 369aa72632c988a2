import { LRUCache } from 'lru-cache';
import { MAX_MINTED_BYTES, type VerificationKey } from '../../core/index.js';
import type { Principal } from './principal.js';

interface CachedPrincipal {
  readonly principal: Principal;
  /** Seconds since the epoch. */
  readonly believedUntil: number;
  /** The key that verified the token; none for an introspected one. */
  readonly key: VerificationKey | undefined;
}

/** Bounds of a {@link PrincipalCache}. */
export interface PrincipalCacheLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/** Of an entry without its texts: the objects, the arrays and the hash that finds it. */
const ENTRY_BYTES = 800;
/** Of a text without its characters. */
const TEXT_BYTES = 32;

/**
 * What one issuer's tokens were found to say, by the SHA-256 of the token: bounded in number and memory, and never
 * shared between issuers. Holds no token.
 */
export class PrincipalCache {
  readonly #entries: LRUCache<string, CachedPrincipal>;

  /** @param isKeyHeld whether the key set still holds the very key: a removed one takes its results with it */
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

  /** The memory that it takes, estimated. */
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

  /** Leaves out who cannot be minted for: requests with such a token fail, and must not push out others. */
  set(tokenHash: string, principal: Principal, believedUntil: number, key?: VerificationKey): void {
    if (isMintable(principal)) this.#entries.set(tokenHash, { principal, believedUntil, key });
  }
}

/**
 * False if these claims alone make more than the largest token. An enricher may still give such a user fewer permissions:
 * the request then succeeds, its access token is checked anew each time.
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
