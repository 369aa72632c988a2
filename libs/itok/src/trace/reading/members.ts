import { MAX_NAME, printable } from './printable.js';

/** An object from outside, with unknown members. */
export type Members = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A non-empty name. */
export function nameIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? printable(value, MAX_NAME) : undefined;
}

/** A finite number: JSON's 1e999 is not. */
export function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

const ID = { 16: /^[0-9a-f]{16}$/, 32: /^[0-9a-f]{32}$/ } as const;
const NO_ID = { 16: '0'.repeat(16), 32: '0'.repeat(32) } as const;

/** An id with this many hexadecimal digits; all zeros mean none. */
export function idIn(value: unknown, digits: 16 | 32): string | undefined {
  if (typeof value !== 'string' || !ID[digits].test(value)) return undefined;
  return value === NO_ID[digits] ? undefined : value;
}
