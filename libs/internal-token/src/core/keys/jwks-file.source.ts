import type { KeySource } from './key-source.js';

/** Keys in a JSON file, read again at each refresh. */
export function jwksFileSource(_path: string): KeySource {
  throw new Error('not yet');
}
