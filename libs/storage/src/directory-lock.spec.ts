import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { DirectoryLock } from './directory-lock.js';

describe('the lock of an embedded database', () => {
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

  it('is held by one, and names the fix to the other', () => {
    DirectoryLock.take(directory);
    expect(() => DirectoryLock.take(directory)).toThrow(locked);
    expect(() => DirectoryLock.take(directory)).toThrow(/DATABASE_URL/);
    expect(() => DirectoryLock.take(directory)).toThrow(new RegExp(`process ${process.pid} `));
  });

  it('is free again once released, and leaves nothing', () => {
    DirectoryLock.take(directory).release();
    expect(readdirSync(base)).toEqual([]);
    DirectoryLock.take(directory);
    expect(readdirSync(base)).toEqual(['orders.lock']);
  });

  it('of a killed process is taken over', () => {
    leave({ pid: 2 ** 22 + 1 }); // above Linux' highest
    DirectoryLock.take(directory);
    expect(existsSync(`${directory}.lock`)).toBe(true);
    expect(() => DirectoryLock.take(directory)).toThrow(locked);
  });

  it('of a killed process whose id another process got is taken over', () => {
    leave({ started: '1' });
    DirectoryLock.take(directory);
    expect(() => DirectoryLock.take(directory)).toThrow(locked);
  });

  it('of a killed process that nobody has fetched yet is taken over', async () => {
    // The shell turns into `sleep`, which does not fetch the child that the shell had; the child waits for that.
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

  it('of a process on another machine is left alone: nobody here can know', () => {
    leave({ host: 'elsewhere', pid: 2 ** 22 + 1 });
    expect(() => DirectoryLock.take(directory)).toThrow(/on elsewhere/);
  });

  it('that says nothing is taken over', () => {
    writeFileSync(`${directory}.lock`, '');
    DirectoryLock.take(directory);
  });
});
