// Regenerates test/captures/*.ndjson: node scripts/make-captures.mjs
import { writeFileSync } from 'node:fs';
import { idOf, linesOf } from './lib/capture-builder.mjs';
import { CAPTURES } from './lib/captures.mjs';

for (const [index, [name, { root, clocks }]] of Object.entries(CAPTURES).entries()) {
  const lines = linesOf(root, { txn: idOf(index + 1), ...(clocks && { clocks }) });
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  writeFileSync(new URL(`../test/captures/${name}.ndjson`, import.meta.url), text);
}
