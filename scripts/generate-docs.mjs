// Generates the pages that are derived from the code: `npm run docs`. With --check it only lists outdated pages.
import 'reflect-metadata';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { apiPage } from './lib/docs/api-page.mjs';
import { configurationPage } from './lib/docs/configuration-page.mjs';
import { conformancePage } from './lib/docs/conformance-page.mjs';
import { errorsPage } from './lib/docs/errors-page.mjs';
import { itokPage, productCommandPage } from './lib/docs/command-page.mjs';

const { values: options } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

const PAGES = {
  'docs/reference/api.md': apiPage,
  'docs/reference/configuration.md': configurationPage,
  'docs/reference/errors.md': errorsPage,
  'docs/reference/itok.md': itokPage,
  'docs/reference/nestjs-internal-token.md': productCommandPage,
  'docs/conformance.md': conformancePage,
};
const NOTICE = '<!-- Made by `npm run docs`. Change its source, not this page. -->';

const stale = [];
for (const [path, page] of Object.entries(PAGES)) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
  const wanted = await format(`${NOTICE}\n\n${await page()}`, { ...(await resolveConfig(file)), filepath: file });
  if (wanted === present(file)) continue;
  stale.push(path);
  if (options.check) continue;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, wanted);
}

if (stale.length > 0 && options.check) {
  console.error(`Outdated: ${stale.join(', ')}. Run: npm run docs`);
  process.exitCode = 1;
} else console.log(stale.length > 0 ? `written: ${stale.join(', ')}` : 'all generated pages are up to date');

function present(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
