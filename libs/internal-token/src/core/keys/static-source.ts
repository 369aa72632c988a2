import type { JsonWebKeySet, KeySource } from './key-source.js';

/** Keys given in the configuration, as a key set. */
export function staticSource(keys: JsonWebKeySet): KeySource {
  return { description: 'keys in the configuration', fixed: true, load: async () => keys };
}
