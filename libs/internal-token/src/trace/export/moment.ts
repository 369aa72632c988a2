/**
 * Microseconds since the epoch, as exact as lines tell time: a double holds today's epoch milliseconds to a quarter of a
 * microsecond. Never negative, always an integer that a double and a signed 64-bit number hold.
 */
export function microseconds(epochMilliseconds: number): number {
  const value = Math.round(epochMilliseconds * 1000);
  return Number.isNaN(value) ? 0 : Math.min(Math.max(value, 0), Number.MAX_SAFE_INTEGER);
}

/** A decimal 64-bit number, as JSON has no room for it otherwise. Multiplied as an integer: no digit is lost. */
export function nanoseconds(epochMilliseconds: number): string {
  return String(BigInt(microseconds(epochMilliseconds)) * 1000n);
}
