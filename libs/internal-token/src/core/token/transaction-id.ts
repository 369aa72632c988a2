import { randomFillSync } from 'node:crypto';

const pool = Buffer.allocUnsafe(4096);
let used = pool.length;

function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const hex = pool.toString('hex', used, used + bytes);
  used += bytes;
  return hex;
}

const VARIANT = ['8', '9', 'a', 'b'];

/**
 * A fresh request id: a UUIDv7 (RFC 9562, section 5.7) as 32 lower-case hex digits without dashes,
 * which is also a valid W3C trace id.
 */
export function newTransactionId(): string {
  const time = Date.now().toString(16).padStart(12, '0');
  const random = randomHex(10);
  // 12 random bits after the version, then the two variant bits in front of 62 random ones.
  const variant = VARIANT[Number.parseInt(random.charAt(3), 16) & 3];
  return `${time}7${random.slice(0, 3)}${variant}${random.slice(4, 19)}`;
}

/** A fresh span id: 16 lower-case hex digits, never all zero (W3C Trace Context, section 3.2.2.4). */
export function newSpanId(): string {
  const id = randomHex(8);
  return id === '0000000000000000' ? newSpanId() : id;
}

const TRANSACTION_ID = /^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/;

/** True for a string in the form of {@link newTransactionId}. */
export function isTransactionId(value: unknown): value is string {
  return typeof value === 'string' && TRANSACTION_ID.test(value);
}
