// Sources that several processes run are transformed once for all.
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { transformTypescript } from './transform-typescript.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Bundles a program's file with what it imports from this repository. Returns the path in `directory`. */
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
    // esbuild emits no decorator metadata.
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
