import { performance } from 'node:perf_hooks';

/** Returns epoch milliseconds, with microseconds as decimals. */
export type Clock = () => number;

const { timeOrigin } = performance;

/** How far the wall clock is ahead of the monotonic one. NTP and suspended machines make the two drift apart. */
let ahead = 0;

/** The clock of spans: durations stay right even if the wall clock is set in the meantime. */
export const monotonicNow: Clock = () => timeOrigin + performance.now();

/** The wall clock with sub-millisecond resolution; whole milliseconds would leave quick hops unordered. */
export const preciseNow: Clock = () => toWallClock(monotonicNow());

/**
 * Converts a time of `monotonicNow` to wall clock time, exact to less than a millisecond.
 */
export function toWallClock(moment: number): number {
  const before = monotonicNow();
  const wall = Date.now();
  const after = monotonicNow();
  // The wall clock shows whole milliseconds, so the true time is within the one that it shows.
  ahead = Math.min(Math.max(ahead, wall - after), wall + 1 - before);
  return roundToMicroseconds(moment + ahead);
}

/** @param milliseconds of any clock */
export function roundToMicroseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}
