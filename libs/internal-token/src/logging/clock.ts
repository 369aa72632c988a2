import { performance } from 'node:perf_hooks';

/** Epoch milliseconds with microseconds as decimals. */
export type Clock = () => number;

/** How far the wall clock is ahead of the monotonic one, which NTP and suspended machines let run away. */
let ahead = 0;

/** The clock of spans: a span's age by it is right whatever the wall clock was set to meanwhile. */
export const monotonicNow: Clock = () => performance.timeOrigin + performance.now();

/** The wall clock with sub-millisecond resolution: whole milliseconds would leave quick hops unordered. */
export const preciseNow: Clock = () => toWallClock(monotonicNow());

/**
 * What the wall clock showed at a moment that the monotonic clock tells, right by less than a millisecond.
 * @param moment of `monotonicNow`
 */
export function toWallClock(moment: number): number {
  const before = monotonicNow();
  const wall = Date.now();
  const after = monotonicNow();
  // The wall clock tells whole milliseconds: the true time lies within the one that it tells.
  ahead = Math.min(Math.max(ahead, wall - after), wall + 1 - before);
  return roundToMicroseconds(moment + ahead);
}

/** @param milliseconds of any clock */
export function roundToMicroseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}
