import type { JsonWebKeySet } from './key-source.js';

/** Largest key set that is read, in bytes: some hundred keys' worth. */
export const MAX_KEY_SET_BYTES = 256 * 1024;

/**
 * A key set from its JSON text. Only its outer form is looked at here.
 * @throws Error with words for the operator
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
