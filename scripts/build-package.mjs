// The two packages as they are published: compiled, with manifests, licences and READMEs, in dist/packages.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Files copied beside the compiled ones, by their source. */
const PACKAGES = {
  itok: { 'libs/itok/src/log-line.schema.json': 'dist/log-line.schema.json' },
  'internal-token': {
    'libs/internal-token/src/logging/log-line.schema.json': 'dist/logging/log-line.schema.json',
    'docs/lnav/internal-token.json': 'dist/lnav/internal-token.json',
  },
};

for (const name of Object.keys(PACKAGES)) rmSync(at(`dist/packages/${name}`), { recursive: true, force: true });
await import('./build-page.mjs');
// The product's configuration refers to that of itok.
const compiler = at('node_modules/typescript-7/bin/tsc');
const { status } = spawnSync(process.execPath, [compiler, '-b', at('libs/internal-token/tsconfig.build.json')], {
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);

for (const [name, files] of Object.entries(PACKAGES)) {
  const out = `dist/packages/${name}`;
  const copy = (from, to) => {
    mkdirSync(dirname(at(`${out}/${to}`)), { recursive: true });
    copyFileSync(at(from), at(`${out}/${to}`));
  };
  for (const [from, to] of Object.entries(files)) copy(from, to);
  copy(`libs/${name}/package.json`, 'package.json');
  for (const paper of ['README.md', 'LICENSE', 'CHANGELOG.md']) {
    const own = `libs/${name}/${paper}`;
    copy(existsSync(at(own)) ? own : paper, paper);
  }
  console.log(`The package is in ${out}. Pack it with: npm pack ./${out}`);
}
