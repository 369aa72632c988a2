import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Whoever holds the lock longer has died with it: a rotation takes milliseconds. */
const STALE_MS = 10_000;
const RETRY_MS = 25;
const GIVE_UP_MS = 15_000;
/** Drafts, of the lock and of files that are replaced as a whole: hidden, and unique by a UUID. */
const DRAFT = /^\..+\.[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}(\.stale)?$/;

/**
 * Runs `work` while nobody else does in this directory, in whatever process or on whatever machine that shares it.
 * The holder's age is told by the file system's own clock, so machines need not agree on the time. Two at once are
 * possible only where a holder was stopped for ten seconds; the ring bears that, with one key more than needed.
 */
export async function withDirectoryLock<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const lock = join(directory, '.lock');
  const owner = randomUUID();
  await acquire(lock, owner);
  try {
    await removeOrphans(directory, lock);
    return await work();
  } finally {
    if ((await readFile(lock, 'utf8').catch(() => '')) === owner) await unlink(lock).catch(() => undefined);
  }
}

async function acquire(lock: string, owner: string): Promise<void> {
  const draft = `${lock}.${owner}`;
  const deadline = performance.now() + GIVE_UP_MS;
  try {
    for (;;) {
      await writeFile(draft, owner, { mode: 0o600 });
      // A link appears whole, or fails because there is one.
      if (await succeeds(link(draft, lock))) return;
      await removeStale(lock, draft);
      if (performance.now() > deadline) throw new Error(`the lock ${lock} does not become free`);
      await delay(RETRY_MS);
    }
  } finally {
    await unlink(draft).catch(() => undefined);
  }
}

async function removeStale(lock: string, draft: string): Promise<void> {
  const [held, fresh] = await Promise.all([stat(lock).catch(() => undefined), stat(draft)]);
  if (held === undefined || fresh.mtimeMs - held.mtimeMs < STALE_MS) return;
  const aside = `${draft}.stale`;
  if (!(await succeeds(rename(lock, aside)))) return;
  // Someone may have replaced the stale lock between the look and the rename: then that one goes back.
  if ((await stat(aside)).ino !== held.ino) await succeeds(link(aside, lock));
  await unlink(aside).catch(() => undefined);
}

/** What someone who died here was about to write may be a private key: it does not stay. */
async function removeOrphans(directory: string, lock: string): Promise<void> {
  const drafts = (await readdir(directory)).filter((name) => DRAFT.test(name)).map((name) => join(directory, name));
  if (drafts.length === 0) return;
  const { mtimeMs: now } = await stat(lock);
  for (const draft of drafts) {
    const found = await stat(draft).catch(() => undefined);
    if (found !== undefined && now - found.mtimeMs >= STALE_MS) await unlink(draft).catch(() => undefined);
  }
}

async function succeeds(operation: Promise<unknown>): Promise<boolean> {
  try {
    await operation;
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOENT') return false;
    throw error;
  }
}
