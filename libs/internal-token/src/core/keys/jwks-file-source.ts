import { checkFileMode, readAtMost, withFile } from '../guarded-file.js';
import { MAX_KEY_SET_BYTES, parseKeySet } from './key-set.js';
import type { KeySource } from './key-source.js';

/**
 * Keys in a JSON file of at most 256 KiB, read again at each refresh. The file may appear after the start of the
 * service. A file that everybody can write is refused.
 */
export function jwksFileSource(path: string): KeySource {
  return {
    description: `file ${path}`,
    local: true,
    load: () =>
      withFile(path, async (file) => {
        checkFileMode(await file.stat(), 'public');
        return parseKeySet(await readAtMost(file, MAX_KEY_SET_BYTES));
      }),
  };
}
