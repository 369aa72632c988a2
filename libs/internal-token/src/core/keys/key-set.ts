import type { JsonWebKeySet } from './key-source.js';

/** The largest key set that is read, in bytes: enough for some hundred keys. */
export const MAX_KEY_SET_BYTES = 256 * 1024;

/**
 * Parses a key set. Checks only that it is a key set; the keys are examined later.
 * @throws Error with a message for the operator
 */
export function parseKeySet(text: string): JsonWebKeySet {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('the answer is not JSON');
  }
  if (typeof value !== 'object' || value === null || !('keys' in value) || !Array.isArray(value.keys)) {
    throw new Error('the JSON is not a key set: {"keys": […]} is expected');
  }
  return { keys: value.keys };
}
