import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A rotation takes milliseconds, so a process that holds the lock longer than this has died. */
const STALE_MS = 10_000;
const RETRY_MS = 25;
const GIVE_UP_MS = 15_000;
/** Matches drafts of the lock and of files that are replaced atomically: hidden, with a UUID. */
const DRAFT = /^\..+\.[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}(\.stale)?$/;

/**
 * Runs `work` under an exclusive lock on the directory, across all processes and machines that share it. The age of the
 * lock is measured by the clock of the file system, so the clocks of the machines may differ. Two holders at once are
 * possible only if one was suspended for ten seconds; the ring tolerates that, at the price of a superfluous key.
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
      // A link is created atomically, or fails because the lock exists.
      if (await succeeds(link(draft, lock))) return;
      await removeStale(lock, draft);
      if (performance.now() > deadline) throw new Error(`the lock ${lock} was not released in time`);
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
  // Another process may have replaced the stale lock before the rename; if so, put its lock back.
  if ((await stat(aside)).ino !== held.ino) await succeeds(link(aside, lock));
  await unlink(aside).catch(() => undefined);
}

/** Removes the drafts of processes that have died, since they may contain private keys. */
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
