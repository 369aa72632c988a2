const SHORT_ID = /^[\x21-\x7e]{1,128}$/;

/** True for an opaque id that is safe in headers and log lines: 1 to 128 visible ASCII characters (`kid`, `txn`). */
export function isShortId(value: unknown): value is string {
  return typeof value === 'string' && SHORT_ID.test(value);
}
