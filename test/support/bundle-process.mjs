// Sources that several processes run: transformed once for all of them.
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { transformTypescript } from './transform-typescript.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Builds one file of a program and what it imports of this repository. Returns its path, in `directory`. */
export async function bundleProcess(entry, directory) {
  const outfile = join(directory, 'process.mjs');
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    absWorkingDir: root,
    logLevel: 'error',
    // esbuild knows no metadata of decorators.
    plugins: [
      {
        name: 'typescript',
        setup: (hooks) =>
          hooks.onLoad({ filter: /\.ts$/ }, ({ path }) => ({ contents: transformTypescript(path), loader: 'js' })),
      },
    ],
  });
  return outfile;
}
