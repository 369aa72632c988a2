import type { HistogramBar, Latencies } from './report.js';

/** Ratio of neighbouring buckets, which puts a quantile within 1 % of the true one. */
const GAMMA = 1.02;
const LOG_GAMMA = Math.log(GAMMA);
/** One microsecond: shorter durations count as this. */
const SHORTEST_MS = 0.001;
const BARS = 40;

/**
 * Distribution of durations in bounded memory: buckets that grow with the duration, as in DDSketch (Masson, Rim, Lee,
 * VLDB 2019). The order of the durations does not matter.
 */
export class DurationSketch {
  readonly #buckets = new Map<number, number>();
  #count = 0;
  #shortest = Infinity;
  #longest = 0;

  add(milliseconds: number): void {
    const bucket = Math.ceil(Math.log(Math.max(SHORTEST_MS, milliseconds)) / LOG_GAMMA);
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
    this.#count++;
    this.#shortest = Math.min(this.#shortest, milliseconds);
    this.#longest = Math.max(this.#longest, milliseconds);
  }

  /** @param quantile 0 to 1 @returns milliseconds; 0 if empty */
  at(quantile: number): number {
    let rest = Math.max(1, Math.ceil(quantile * this.#count));
    for (const [bucket, count] of this.#sorted()) {
      rest -= count;
      // A bucket's middle may lie outside the observed range.
      if (rest <= 0) return Math.min(this.#longest, Math.max(this.#shortest, middleOf(bucket)));
    }
    return 0;
  }

  latencies(): Latencies {
    return { p50: this.at(0.5), p90: this.at(0.9), p99: this.at(0.99) };
  }

  /** At most 40 bars of equal width on a logarithmic scale, without empty ones at the ends. */
  bars(): HistogramBar[] {
    const sorted = this.#sorted();
    const [first, last] = [sorted[0]?.[0], sorted.at(-1)?.[0]];
    if (first === undefined || last === undefined) return [];
    const width = Math.max(1, Math.ceil((last - first + 1) / BARS));
    const bars: { from: number; to: number; count: number }[] = [];
    for (let low = first; low <= last; low += width) {
      bars.push({ from: GAMMA ** (low - 1), to: GAMMA ** (low + width - 1), count: 0 });
    }
    for (const [bucket, count] of sorted) {
      const bar = bars[Math.floor((bucket - first) / width)];
      if (bar !== undefined) bar.count += count;
    }
    return bars;
  }

  #sorted(): [number, number][] {
    return [...this.#buckets].sort(([a], [b]) => a - b);
  }
}

function middleOf(bucket: number): number {
  return (2 * GAMMA ** bucket) / (GAMMA + 1);
}
