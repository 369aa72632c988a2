import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const SOURCES = ['libs/internal-token', 'libs/itok', 'scripts/build-package.mjs', 'scripts/build-page.mjs'];
/** Copied last by the build. */
const BUILT = root('dist/packages/internal-token/CHANGELOG.md');

/** Builds dist/packages, unless it is newer than its sources. */
export function buildPackage() {
  const sources = SOURCES.map(root).flatMap((path) => [path, ...below(path)]);
  if (existsSync(BUILT) && sources.every((path) => statSync(path).mtimeMs < statSync(BUILT).mtimeMs)) return;
  const { status } = spawnSync(process.execPath, [root('scripts/build-package.mjs')], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** Folders too: theirs is the time of the last removal. The build writes the bundle itself. */
function below(path) {
  if (!statSync(path).isDirectory()) return [];
  const entries = readdirSync(path, { withFileTypes: true, recursive: true });
  return entries
    .filter(({ name }) => !name.endsWith('-bundle.ts'))
    .map(({ parentPath, name }) => `${parentPath}/${name}`);
}
