// Builds the product as it is published, compiled, with its manifest and documents, in dist/packages/internal-token.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const OUT = 'dist/packages/internal-token';

rmSync(at(OUT), { recursive: true, force: true });
await import('./build-page.mjs');
const compiler = at('node_modules/typescript-7/bin/tsc');
const { status } = spawnSync(process.execPath, [compiler, '-b', at('libs/internal-token/tsconfig.build.json')], {
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);

copyFileSync(at('libs/internal-token/package.json'), at(`${OUT}/package.json`));
copyFileSync(
  at('libs/internal-token/src/logging/log-line.schema.json'),
  at(`${OUT}/dist/logging/log-line.schema.json`),
);
mkdirSync(at(`${OUT}/dist/lnav`));
copyFileSync(at('docs/lnav/internal-token.json'), at(`${OUT}/dist/lnav/internal-token.json`));
for (const paper of ['README.md', 'LICENSE', 'CHANGELOG.md']) copyFileSync(at(paper), at(`${OUT}/${paper}`));
console.log(`The package is in ${OUT}. Pack it with: npm pack ./${OUT}`);
