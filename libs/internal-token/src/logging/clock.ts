import { performance } from 'node:perf_hooks';

/** Epoch milliseconds with microseconds as decimals. */
export type Clock = () => number;

/** How far the monotonic clock may run away from the wall clock (NTP, suspended machines), in milliseconds. */
const MAX_DRIFT_MS = 1.5;
/** The wall clock tells whole milliseconds; the middle of one is meant. */
const HALF_MS = 0.5;

let offset = performance.timeOrigin;

/**
 * The wall clock with sub-millisecond resolution: whole milliseconds would leave quick hops unordered.
 * It runs on the monotonic clock and is set anew when the wall clock was.
 */
export const preciseNow: Clock = () => {
  const monotonic = performance.now();
  const wall = Date.now() + HALF_MS;
  if (Math.abs(wall - (offset + monotonic)) > MAX_DRIFT_MS) offset = wall - monotonic;
  return roundToMicroseconds(offset + monotonic);
};

/** The clock of spans: a span's age by it is right whatever the wall clock was set to meanwhile. */
export const monotonicNow: Clock = () => performance.timeOrigin + performance.now();

/** @param milliseconds of any clock */
export function roundToMicroseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}
