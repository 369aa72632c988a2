/**
 * Microseconds since the epoch, as exact as logged times: a double holds today's epoch milliseconds to a quarter of a
 * microsecond. The result is a non-negative integer that fits a double and a signed 64-bit number.
 */
export function microseconds(epochMilliseconds: number): number {
  const value = Math.round(epochMilliseconds * 1000);
  return Number.isNaN(value) ? 0 : Math.min(Math.max(value, 0), Number.MAX_SAFE_INTEGER);
}

/** A decimal 64-bit number as text, because JSON has no 64-bit integers. Multiplied as an integer: no digit is lost. */
export function nanoseconds(epochMilliseconds: number): string {
  return String(BigInt(microseconds(epochMilliseconds)) * 1000n);
}
