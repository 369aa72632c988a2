import { LRUCache } from 'lru-cache';
import type { VerificationKey } from '../../core/index.js';
import type { Principal } from '../principal.js';

interface CachedPrincipal {
  readonly principal: Principal;
  /** Seconds since the epoch. */
  readonly believedUntil: number;
  /** The key that verified the token; none for an introspected one. */
  readonly key: VerificationKey | undefined;
}

/**
 * What one issuer's tokens were found to say, by the SHA-256 of the token: bounded, and never shared between issuers.
 * Holds no token.
 */
export class PrincipalCache {
  private readonly entries: LRUCache<string, CachedPrincipal>;

  /** @param isKeyHeld whether the key set still holds the very key: a removed one takes its results with it */
  constructor(
    maxEntries: number,
    private readonly isKeyHeld: (key: VerificationKey) => boolean,
    private readonly hasLifeLeft: (expiresAt: number, nowSeconds: number) => boolean,
  ) {
    this.entries = new LRUCache({ max: maxEntries });
  }

  get(tokenHash: string, nowSeconds: number): Principal | undefined {
    const entry = this.entries.get(tokenHash);
    if (entry === undefined) return undefined;
    const { principal, believedUntil, key } = entry;
    const usable = nowSeconds < believedUntil && this.hasLifeLeft(principal.expiresAt, nowSeconds);
    if (usable && (key === undefined || this.isKeyHeld(key))) return principal;
    this.entries.delete(tokenHash);
    return undefined;
  }

  set(tokenHash: string, principal: Principal, believedUntil: number, key?: VerificationKey): void {
    this.entries.set(tokenHash, { principal, believedUntil, key });
  }
}
