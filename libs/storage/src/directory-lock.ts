import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { randomUUID } from 'node:crypto';
import { StorageError } from './storage-error.js';

interface Holder {
  readonly pid: number;
  /** When the process started, in kernel ticks, to distinguish it from a later one with the same id. Linux only. */
  readonly started: string | undefined;
  readonly host: string;
}

/** A file beside the directory of an embedded database that names its process; PGlite would not notice a second one. */
export class DirectoryLock {
  private constructor(private readonly file: string) {}

  static take(directory: string): DirectoryLock {
    const file = `${directory}.lock`;
    mkdirSync(dirname(file), { recursive: true });
    if (!claim(file)) {
      const holder = readHolder(file);
      if (holder && isAlive(holder)) throw locked(directory, holder);
      removeStale(file, holder);
      if (!claim(file)) throw locked(directory, readHolder(file));
    }
    return new DirectoryLock(file);
  }

  release(): void {
    rmSync(this.file, { force: true });
  }
}

/** Written to another file and linked, so that the lock always names its holder. */
function claim(file: string): boolean {
  const aside = `${file}.${randomUUID()}`;
  const holder: Holder = { pid: process.pid, started: statOf(process.pid).started, host: hostname() };
  writeFileSync(aside, JSON.stringify(holder));
  try {
    linkSync(aside, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Two processes may find the same dead lock at once, so a newer lock that was moved by mistake is put back. */
function removeStale(file: string, judged: Holder | undefined): void {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch {
    return; // the other process was faster
  }
  const removed = readHolder(aside);
  if (JSON.stringify(removed) !== JSON.stringify(judged)) linkSync(aside, file);
  rmSync(aside, { force: true });
}

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function isAlive(holder: Holder): boolean {
  if (holder.host !== hostname()) return true; // a shared disk: processes of other machines cannot be checked
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const { state, started } = statOf(holder.pid);
  // A zombie, which its parent has not reaped; in a container without an init process it stays one for ever.
  if (state === 'Z' || state === 'X') return false;
  return holder.started === undefined || holder.started === started;
}

/** What the kernel reports about a process (proc_pid_stat(5)); empty without /proc. */
function statOf(pid: number): { readonly state?: string | undefined; readonly started?: string | undefined } {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in parentheses and may contain anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0], started: fields[19] };
  } catch {
    return {};
  }
}

function locked(directory: string, holder: Holder | undefined): StorageError {
  const who = holder ? `process ${holder.pid} on ${holder.host}` : 'another process';
  return new StorageError(
    'storage_locked',
    `${directory} is open in ${who}; an embedded database serves one process. ` +
      `Stop that process, or set DATABASE_URL so that several processes share a PostgreSQL server. ` +
      `If that process no longer exists, delete ${directory}.lock.`,
  );
}
