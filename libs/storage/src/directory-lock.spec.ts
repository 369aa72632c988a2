import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { DirectoryLock } from './directory-lock.js';

describe('The lock of an embedded database', () => {
  let base: string;
  let directory: string;

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'lock-'));
    directory = join(base, 'orders');
  });

  afterEach(() => rmSync(base, { recursive: true }));

  /** Leaves the lock that a process with other particulars would have left. */
  function leave(particulars: Record<string, unknown>): void {
    const lock = DirectoryLock.take(directory);
    const mine = JSON.parse(readFileSync(`${directory}.lock`, 'utf8')) as Record<string, unknown>;
    lock.release();
    writeFileSync(`${directory}.lock`, JSON.stringify({ ...mine, ...particulars }));
  }

  const locked = expect.objectContaining({ code: 'storage_locked' });

  it('is held by one process, and tells another one the fix', () => {
    DirectoryLock.take(directory);
    expect(() => DirectoryLock.take(directory)).toThrow(locked);
    expect(() => DirectoryLock.take(directory)).toThrow(/DATABASE_URL/);
    expect(() => DirectoryLock.take(directory)).toThrow(new RegExp(`process ${process.pid} `));
  });

  it('is free once it is released, and leaves no file', () => {
    DirectoryLock.take(directory).release();
    expect(readdirSync(base)).toEqual([]);
    DirectoryLock.take(directory);
    expect(readdirSync(base)).toEqual(['orders.lock']);
  });

  it('is taken over from a killed process', () => {
    leave({ pid: 2 ** 22 + 1 }); // above Linux' highest
    DirectoryLock.take(directory);
    expect(existsSync(`${directory}.lock`)).toBe(true);
    expect(() => DirectoryLock.take(directory)).toThrow(locked);
  });

  it('is taken over from a killed process whose id was reused', () => {
    leave({ started: '1' });
    DirectoryLock.take(directory);
    expect(() => DirectoryLock.take(directory)).toThrow(locked);
  });

  it('is taken over from a zombie process', async () => {
    // The shell becomes `sleep`, which does not reap the shell's child, so the child stays a zombie.
    const script =
      'sh -c "until grep -q sleep /proc/\\$PPID/comm; do :; done; kill -9 \\$\\$" & echo $!; exec sleep 30';
    const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(line.toString());
      const state = (): string => readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[2] ?? '';
      while (state() !== 'Z') await setTimeout(5);
      const started = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[21];
      leave({ pid, started });
      DirectoryLock.take(directory);
    } finally {
      parent.kill();
    }
  });

  it('is left alone if its process runs on another machine and cannot be checked', () => {
    leave({ host: 'elsewhere', pid: 2 ** 22 + 1 });
    expect(() => DirectoryLock.take(directory)).toThrow(/on elsewhere/);
  });

  it('is taken over if its file is unreadable', () => {
    writeFileSync(`${directory}.lock`, '');
    DirectoryLock.take(directory);
  });
});
