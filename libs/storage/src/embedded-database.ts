import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { DirectoryLock } from './directory-lock.js';
import { emptyCluster } from './empty-cluster.js';
import { valueParsers } from './value-parsers.js';

export interface EmbeddedDatabase {
  readonly pglite: PGlite;
  /** Called after `pglite` is closed. */
  release(): void;
}

const parsers = Object.fromEntries(valueParsers);

export async function openInMemory(): Promise<EmbeddedDatabase> {
  const pglite = await PGlite.create({ parsers, loadDataDir: await emptyCluster() });
  return { pglite, release: () => undefined };
}

export async function openInDirectory(base: string, name: string): Promise<EmbeddedDatabase> {
  const dataDir = join(base, name);
  const lock = DirectoryLock.take(dataDir);
  try {
    return { pglite: await open(dataDir), release: () => lock.release() };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function open(dataDir: string): Promise<PGlite> {
  const unfinished = `${dataDir}.creating`;
  // A process that was killed while creating the directory leaves one that cannot be opened and has no rows.
  if (existsSync(unfinished)) rmSync(dataDir, { recursive: true, force: true });
  if (existsSync(dataDir)) return PGlite.create({ parsers, dataDir });

  mkdirSync(dirname(dataDir), { recursive: true });
  writeFileSync(unfinished, '');
  const pglite = await PGlite.create({ parsers, dataDir, loadDataDir: await emptyCluster() });
  rmSync(unfinished);
  return pglite;
}
