import { open } from 'node:fs/promises';
import { MAX_KEY_SET_BYTES, parseKeySet } from './key-set.js';
import type { KeySource } from './key-source.js';

/** Keys in a JSON file of at most 256 KiB, read again at each refresh. The file may appear later than the service. */
export function jwksFileSource(path: string): KeySource {
  return {
    description: `file ${path}`,
    async load() {
      const file = await open(path);
      try {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(MAX_KEY_SET_BYTES + 1));
        if (bytesRead > MAX_KEY_SET_BYTES) throw new Error(`the file has more than ${MAX_KEY_SET_BYTES} bytes`);
        return parseKeySet(buffer.toString('utf8', 0, bytesRead));
      } finally {
        await file.close();
      }
    },
  };
}
