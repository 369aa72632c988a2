import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../build.mjs';
import { UserError } from '../user-error.mjs';

/** The README's blocks of TypeScript that begin with the name of a file, by this name. */
export function readmeFiles() {
  const text = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const blocks = [...text.matchAll(/^```ts\n\/\/ (\S+\.ts)\n(.*?)^```/gms)];
  return new Map(blocks.map(([, name, code]) => [name, code]));
}

/**
 * The same files for other addresses, and nothing else changed in them.
 * @param replacements texts of the README by what takes their place; each must occur
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
  if (unused.length > 0) throw new UserError(`The README's code has no ${unused.join(', ')} any more.`);
  return new Map(changed);
}
