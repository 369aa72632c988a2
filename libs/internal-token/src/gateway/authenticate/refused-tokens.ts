import { LRUCache } from 'lru-cache';
import { InternalTokenError, type InternalTokenErrorCode } from '../../core/index.js';

/** How long a refusal is believed: long enough to spare the issuer repeats, short enough for a token that becomes good. */
const SECONDS = 5;
const MAX_ENTRIES = 10_000;
const MAX_BYTES = 2 * 1024 * 1024;
/** Of an entry without its texts: the objects and what finds them. */
const ENTRY_BYTES = 150;

interface Refusal {
  readonly code: InternalTokenErrorCode;
  readonly detail: string;
  readonly cause: unknown;
  /** Seconds since the epoch. */
  readonly refusedAt: number;
}

/**
 * Opaque tokens that their issuer, or the gateway by its answer, has refused a moment ago, by the SHA-256 of the token.
 * Who repeats one costs no look-up. An outage is no refusal and is not remembered.
 */
export class RefusedTokens {
  readonly #refusals = new LRUCache<string, Refusal>({
    max: MAX_ENTRIES,
    maxSize: MAX_BYTES,
    sizeCalculation: ({ detail, cause }, tokenHash) =>
      ENTRY_BYTES + tokenHash.length + 2 * (detail.length + (typeof cause === 'string' ? cause.length : 0)),
  });

  /** Tokens remembered. */
  get size(): number {
    return this.#refusals.size;
  }

  /** The memory that they take, estimated. */
  get bytes(): number {
    return this.#refusals.calculatedSize;
  }

  /** The refusal, to be repeated; undefined if there was none in the last five seconds. */
  find(tokenHash: string, nowSeconds: number): InternalTokenError | undefined {
    const refusal = this.#refusals.get(tokenHash);
    if (refusal === undefined) return undefined;
    const { code, detail, cause, refusedAt } = refusal;
    const age = nowSeconds - refusedAt;
    if (age >= 0 && age < SECONDS) return new InternalTokenError(code, detail, { cause });
    this.#refusals.delete(tokenHash);
    return undefined;
  }

  /** Remembers what a look-up ended with, unless it is a failure of this side or of the issuer. */
  add(tokenHash: string, error: unknown, nowSeconds: number): void {
    if (!(error instanceof InternalTokenError) || error.status >= 500) return;
    const { code, detail, cause } = error;
    this.#refusals.set(tokenHash, { code, detail, cause, refusedAt: nowSeconds });
  }
}
