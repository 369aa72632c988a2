/** A range of times in a trace, in milliseconds from its beginning. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

const ROUND = [1, 2, 2.5, 5, 10];

/** Round times within a range, at most `most` of them. */
export function ticks({ from, to }: TimeRange, most: number): number[] {
  const rough = (to - from) / Math.max(1, most);
  if (!(rough > 0) || !Number.isFinite(rough)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (ROUND.find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

/** Converts times to pixels. */
export function scale({ from, to }: TimeRange, width: number): (time: number) => number {
  const perMs = to > from ? width / (to - from) : 0;
  return (time) => (time - from) * perMs;
}

/** Limits a range to the trace and to a visible length. */
export function within(range: TimeRange, whole: TimeRange): TimeRange {
  const shortest = (whole.to - whole.from) / 100_000;
  const from = Math.max(whole.from, Math.min(range.from, range.to));
  const to = Math.min(whole.to, Math.max(range.from, range.to));
  return to - from > shortest ? { from, to } : whole;
}
