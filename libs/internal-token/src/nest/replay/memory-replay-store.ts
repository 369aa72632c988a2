import { ReplayStore } from './replay-store.js';

/** Settings of a {@link MemoryReplayStore}. */
export interface MemoryReplayStoreOptions {
  /** Uses remembered at a time. Default 100000, some 20 MB. */
  readonly maxEntries?: number;
  /** Milliseconds of a monotonic clock. Default `performance.now`. */
  readonly clock?: () => number;
}

/** Uses that are over are looked for in all entries this often at most, when there is no room. */
const SWEEP_PAUSE_MS = 1000;

/**
 * Remembers in this process. Where there is no room left it says so instead of forgetting a use that still counts:
 * a flood must not open the way for a replay.
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
      throw new Error(`no room for more than ${this.#maxEntries} uses`);
    }
    // Anew, so that the order stays that of the uses.
    this.#uses.delete(key);
    this.#uses.set(key, now + ttlMs);
    return true;
  }

  /** Two a call: entries leave faster than they come. */
  #forgetOldest(now: number): void {
    let count = 0;
    for (const [key, until] of this.#uses) {
      if (until > now || count === 2) return;
      this.#uses.delete(key);
      count += 1;
    }
  }

  /** Lives differ, so that dead entries may stand behind living ones. */
  #sweep(now: number): boolean {
    if (now - this.#sweptAt < SWEEP_PAUSE_MS) return false;
    this.#sweptAt = now;
    for (const [key, until] of this.#uses) if (until <= now) this.#uses.delete(key);
    return this.#uses.size < this.#maxEntries;
  }
}
