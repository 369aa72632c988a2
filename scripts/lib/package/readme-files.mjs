import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../build.mjs';
import { UserError } from '../user-error.mjs';

/** The README's TypeScript blocks that begin with a file name, by that name. */
export function readmeFiles() {
  const text = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const blocks = [...text.matchAll(/^```ts\n\/\/ (\S+\.ts)\n(.*?)^```/gms)];
  return new Map(blocks.map(([, name, code]) => [name, code]));
}

/**
 * The same files with other addresses and no other change.
 * @param replacements replacement by README text; each text must occur
 */
export function withAddresses(files, replacements) {
  const used = new Set();
  const changed = [...files].map(([name, code]) => {
    let text = code;
    for (const [from, to] of Object.entries(replacements)) {
      const parts = text.split(new RegExp(`(?<![\\w.])${from.replaceAll('.', '\\.')}(?![\\w.])`));
      if (parts.length > 1) used.add(from);
      text = parts.join(to);
    }
    return [name, text];
  });
  const unused = Object.keys(replacements).filter((from) => !used.has(from));
  if (unused.length > 0) throw new UserError(`The README's code no longer contains ${unused.join(', ')}.`);
  return new Map(changed);
}
