import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { PGlite } from '@electric-sql/pglite';

let cluster: Promise<Blob> | undefined;

/**
 * A freshly initialised database as an archive. Initialising takes seconds, loading the archive a fraction of that. It
 * is created once per process, and kept in node_modules/.cache for later ones.
 */
export function emptyCluster(): Promise<Blob> {
  cluster ??= load().catch((error: unknown) => {
    cluster = undefined;
    throw error;
  });
  return cluster;
}

async function load(): Promise<Blob> {
  const file = cacheFile();
  try {
    return new Blob([await readFile(file)]);
  } catch {
    const pglite = await PGlite.create();
    const archive = await pglite.dumpDataDir('none');
    await pglite.close();
    await keep(file, archive).catch(() => undefined); // a read-only installation works too, only slower
    return archive;
  }
}

/** In the cache of the node_modules from which this PGlite was loaded, named by its version. */
function cacheFile(): string {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const packageDirectory = dirname(dirname(entry));
  const { version } = createRequire(entry)(join(packageDirectory, 'package.json')) as { version: string };
  return join(packageDirectory, '..', '..', '.cache', 'pglite', `${version}.tar`);
}

async function keep(file: string, archive: Blob): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const aside = `${file}.${randomUUID()}`;
  await writeFile(aside, new Uint8Array(await archive.arrayBuffer()));
  await rename(aside, file); // atomic
}
