/** How far a clock is ahead of the first one, in milliseconds. */
export interface Ahead {
  readonly ahead: number;
  /** Half the width of the interval that holds the true value, in milliseconds. */
  readonly uncertainty: number;
}

/** Smaller differences count as none: half a microsecond, the rounding of logged times. */
const ROUNDING_MS = 0.0005;

/**
 * A system of difference constraints: the most that each clock can be ahead of each other one. Solved by all-pairs
 * shortest paths (Cormen et al., Introduction to Algorithms, 24.4 and 25.2).
 */
export class ClockBounds {
  readonly #index: ReadonlyMap<string, number>;
  #most: number[][];

  /** @param clocks the first one is the reference */
  constructor(private readonly clocks: readonly string[]) {
    this.#index = new Map(clocks.map((name, index) => [name, index]));
    this.#most = clocks.map((_, row) => clocks.map((__, column) => (row === column ? 0 : Infinity)));
  }

  /** `ahead` is at most this many milliseconds ahead of `of`. */
  atMost(of: string, ahead: string, milliseconds: number): void {
    const row = this.#most[this.#index.get(of) ?? -1];
    const column = this.#index.get(ahead) ?? -1;
    if (row !== undefined) row[column] = Math.min(row[column] ?? Infinity, milliseconds + ROUNDING_MS);
  }

  /** The smallest corrections that satisfy all bounds; a clock without bounds is taken to be right. */
  solve(): Map<string, Ahead> {
    this.#close();
    const found = new Map<number, number>();
    for (const clock of this.clocks.keys()) if (!found.has(clock)) this.#settle(clock, found);
    return new Map(
      [...found].map(([clock, ahead]) => [this.clocks[clock] ?? '', { ahead, uncertainty: this.#uncertainty(clock) }]),
    );
  }

  /** Fixes one clock, then every clock it bounds, each within the interval left by those fixed before. */
  #settle(first: number, found: Map<number, number>): void {
    found.set(first, 0);
    for (const clock of this.clocks.keys()) {
      if (found.has(clock) || !Number.isFinite(Math.min(this.#at(first, clock), this.#at(clock, first)))) continue;
      let low = -Infinity;
      let high = Infinity;
      for (const [other, ahead] of found) {
        low = Math.max(low, ahead - this.#at(clock, other));
        high = Math.min(high, ahead + this.#at(other, clock));
      }
      found.set(clock, within(low, high));
    }
  }

  #uncertainty(clock: number): number {
    const width = this.#at(0, clock) + this.#at(clock, 0);
    return Number.isFinite(width) ? Math.max(0, width / 2) : 0;
  }

  /** Derives each bound from all others. Contradicting bounds (a clock was set meanwhile) are widened. */
  #close(): void {
    const given = this.#most.map((row) => [...row]);
    for (let slack = 0, tries = 0; tries < 4; tries++) {
      this.#most = given.map((row, i) => row.map((value, j) => (i === j ? 0 : value + slack)));
      this.#shortenAll();
      const worst = Math.min(...this.#most.map((row, index) => row[index] ?? 0));
      if (worst >= -ROUNDING_MS) return;
      slack += -worst;
    }
  }

  #shortenAll(): void {
    for (const via of this.clocks.keys()) {
      for (const row of this.#most) {
        const first = row[via] ?? Infinity;
        if (first === Infinity) continue;
        for (const to of this.clocks.keys()) row[to] = Math.min(row[to] ?? Infinity, first + this.#at(via, to));
      }
    }
  }

  #at(of: number, ahead: number): number {
    return this.#most[of]?.[ahead] ?? Infinity;
  }
}

function within(low: number, high: number): number {
  if (low <= 0 && high >= 0) return 0;
  if (!Number.isFinite(low)) return high;
  if (!Number.isFinite(high)) return low;
  return (low + high) / 2;
}
