import { LRUCache } from 'lru-cache';
import { InternalTokenError, type InternalTokenErrorCode } from '../../core/index.js';

/** How long a refusal is remembered: long enough to spare the issuer, short enough for a token that becomes valid. */
const SECONDS = 5;
const MAX_ENTRIES = 10_000;
const MAX_BYTES = 2 * 1024 * 1024;
/** An entry without its strings: the objects and the hash. */
const ENTRY_BYTES = 150;

interface Refusal {
  readonly code: InternalTokenErrorCode;
  readonly detail: string;
  readonly cause: unknown;
  /** Seconds since the epoch. */
  readonly refusedAt: number;
}

/**
 * Opaque tokens that were refused a moment ago, by their issuer or because of its answer; by the SHA-256 of the token.
 * Repeating one costs no look-up. An outage is not a refusal and is not remembered.
 */
export class RefusedTokens {
  readonly #refusals = new LRUCache<string, Refusal>({
    max: MAX_ENTRIES,
    maxSize: MAX_BYTES,
    sizeCalculation: ({ detail, cause }, tokenHash) =>
      ENTRY_BYTES + tokenHash.length + 2 * (detail.length + (typeof cause === 'string' ? cause.length : 0)),
  });

  /** The number of remembered tokens. */
  get size(): number {
    return this.#refusals.size;
  }

  /** The estimated memory that they take. */
  get bytes(): number {
    return this.#refusals.calculatedSize;
  }

  /** The refusal of the last five seconds, if there was one. */
  find(tokenHash: string, nowSeconds: number): InternalTokenError | undefined {
    const refusal = this.#refusals.get(tokenHash);
    if (refusal === undefined) return undefined;
    const { code, detail, cause, refusedAt } = refusal;
    const age = nowSeconds - refusedAt;
    if (age >= 0 && age < SECONDS) return new InternalTokenError(code, detail, { cause });
    this.#refusals.delete(tokenHash);
    return undefined;
  }

  /** Remembers the error of a look-up, unless it is our own failure or the issuer's. */
  add(tokenHash: string, error: unknown, nowSeconds: number): void {
    if (!(error instanceof InternalTokenError) || error.status >= 500) return;
    const { code, detail, cause } = error;
    this.#refusals.set(tokenHash, { code, detail, cause, refusedAt: nowSeconds });
  }
}
