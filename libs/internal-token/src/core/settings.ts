import { InternalTokenError } from './errors.js';

/** Checks of settings: a wrong one names the key, what was given and the fix. */

/** A name used in claims and headers: visible ASCII, no spaces. */
export function requireName(key: string, value: unknown): string {
  if (typeof value === 'string' && /^[\x21-\x7e]{1,256}$/.test(value)) return value;
  const given = typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : typeof value;
  throw new InternalTokenError('configuration_invalid', `${key} is ${given}: give a name without spaces.`);
}

/** A whole number of seconds within bounds. */
export function requireSeconds(key: string, value: unknown, min: number, max: number): number {
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  throw new InternalTokenError(
    'configuration_invalid',
    `${key} is ${typeof value === 'number' ? value : typeof value}: give a whole number from ${min} to ${max}.`,
  );
}

/** Seconds within bounds, fractions allowed. */
export function requireDuration(key: string, value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw new InternalTokenError(
    'configuration_invalid',
    `${key} is ${typeof value === 'number' ? value : typeof value}: give a number of seconds from ${min} to ${max}.`,
  );
}
