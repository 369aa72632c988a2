import { ReplayStore } from './replay-store.js';

/** Settings of a {@link MemoryReplayStore}. */
export interface MemoryReplayStoreOptions {
  /** Maximum number of remembered uses. Default 100000, some 20 MB. */
  readonly maxEntries?: number;
  /** Milliseconds of a monotonic clock. Default `performance.now`. */
  readonly clock?: () => number;
}

/** When the store is full, all entries are searched for expired uses at most this often. */
const SWEEP_PAUSE_MS = 1000;

/**
 * Remembers uses in this process. When it is full it fails instead of forgetting a use that has not expired, since a
 * flood must not make a replay possible.
 */
export class MemoryReplayStore extends ReplayStore {
  readonly #uses = new Map<string, number>();
  readonly #maxEntries: number;
  readonly #clock: () => number;
  #sweptAt = -Infinity;

  constructor({ maxEntries = 100_000, clock = () => performance.now() }: MemoryReplayStoreOptions = {}) {
    super();
    this.#maxEntries = maxEntries;
    this.#clock = clock;
  }

  override firstUse(key: string, ttlMs: number): boolean {
    const now = this.#clock();
    this.#forgetOldest(now);
    const until = this.#uses.get(key);
    if (until !== undefined && until > now) return false;
    if (until === undefined && this.#uses.size >= this.#maxEntries && !this.#sweep(now)) {
      throw new Error(`the store is full (${this.#maxEntries} uses)`);
    }
    // Delete it first, so that entries stay in the order of their uses.
    this.#uses.delete(key);
    this.#uses.set(key, now + ttlMs);
    return true;
  }

  /** Removes up to two entries per call, so that entries leave faster than they come. */
  #forgetOldest(now: number): void {
    let count = 0;
    for (const [key, until] of this.#uses) {
      if (until > now || count === 2) return;
      this.#uses.delete(key);
      count += 1;
    }
  }

  /** Entries have different lifetimes, so expired ones may be behind others. */
  #sweep(now: number): boolean {
    if (now - this.#sweptAt < SWEEP_PAUSE_MS) return false;
    this.#sweptAt = now;
    for (const [key, until] of this.#uses) if (until <= now) this.#uses.delete(key);
    return this.#uses.size < this.#maxEntries;
  }
}
