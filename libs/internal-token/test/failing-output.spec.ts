import { jest } from '@jest/globals';
import { type ChildProcess, execFileSync, spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { bundleProcess } from '../../../test/support/bundle-process.mjs';
import { faultOf } from '../../../test/support/log-line/validate.mjs';
import type { Wish } from '../../../test/support/log-output/service.js';
import type { LogLine } from '../src/logging/index.js';

// Starts processes.
jest.setTimeout(300_000);

const support = (path: string) => fileURLToPath(new URL(`../../../test/support/${path}`, import.meta.url));
const TOKEN = `eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEifQ.${'c2lnbmF0dXJl'.repeat(5)}`;
const MEBIBYTE = 1_048_576;
const directory = mkdtempSync(join(tmpdir(), 'failing-output-'));
let program: string;

/** A service in its own process, whose standard output the test controls. */
class Service {
  readonly child: ChildProcess;
  readonly #said: Promise<string>;
  readonly #ended = new AbortController();

  private constructor(stdio: StdioOptions) {
    this.child = spawn(process.execPath, [program], { stdio });
    this.#said = this.child.stderr === null ? Promise.resolve('') : text(this.child.stderr);
    this.child.once('exit', () => this.#ended.abort());
  }

  static async start(stdout: number | 'pipe', stderr: number | 'pipe' = 'pipe'): Promise<Service> {
    const service = new Service(['ignore', stdout, stderr, 'ipc']);
    await service.#answer();
    return service;
  }

  /** Resolves when the service has done it, which shows that the process is alive. */
  async does(wish: Wish): Promise<{ waiting: number }> {
    const answer = this.#answer();
    this.child.send(wish);
    return answer;
  }

  async #answer(): Promise<{ waiting: number }> {
    const [answer] = (await once(this.child, 'message', { signal: this.#ended.signal })) as [{ waiting: number }];
    return answer;
  }

  /** Ends the service, and returns what it wrote to standard error. */
  async end(): Promise<string[]> {
    const exited = once(this.child, 'exit');
    this.child.disconnect();
    await exited;
    return (await this.#said).trim().split('\n');
  }

  /** Makes the service fail; returns its exit code and what it wrote to standard error. */
  async fails(wish: Wish): Promise<{ code: number; said: string }> {
    const exited = once(this.child, 'exit');
    this.child.send(wish);
    const [code] = (await exited) as [number];
    return { code, said: await this.#said };
  }
}

const read = (lines: string): LogLine[] =>
  lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogLine);

describe('Log output that fails', () => {
  const fds: number[] = [];
  const open = (path: string, flags: string | number = 'w'): number => {
    const fd = openSync(path, flags);
    fds.push(fd);
    return fd;
  };

  beforeAll(async () => {
    program = await bundleProcess(support('log-output/service.ts'), directory);
  });
  afterAll(() => {
    for (const fd of fds) closeSync(fd);
    rmSync(directory, { recursive: true });
  });

  it('R165: a full disk does not end the process, and is reported once', async () => {
    const service = await Service.start(open('/dev/full'));
    await service.does({ lines: 3, size: 10 });
    await service.does({ spans: 3 });
    expect(await service.end()).toEqual(['log: lines are being lost (ENOSPC); the process goes on']);
  });

  it('R165: standard error on a full disk does not end the process either', async () => {
    const service = await Service.start(open('/dev/full'), open('/dev/full'));
    await service.does({ lines: 3, size: 10 });
    await service.does({ spans: 3 });
    await service.end();
    expect(service.child.exitCode).toBe(0);
  });

  it('R165: a reader that leaves does not end the process; the next one gets new lines and the number of lost ones', async () => {
    const path = join(directory, 'fifo');
    execFileSync('mkfifo', [path]);
    const first = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writing = openSync(path, 'w');
    const service = await Service.start(writing);
    closeSync(writing);
    await service.does({ lines: 1, size: 10 });
    closeSync(first);
    await service.does({ lines: 2, size: 10 });
    await service.does({ spans: 2 });
    const second = open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    await service.does({ lines: 2, size: 11 });
    expect(await service.end()).toEqual([
      'log: lines are being lost (EPIPE); the process goes on',
      'log: lines are written again; 4 were lost',
    ]);
    expect(read(readFileSync(second, 'utf8')).map(({ msg }) => msg)).toEqual(
      [10, 11, 11].map((size) => 'x'.repeat(size)),
    );
  });

  it('R165: at most a mebibyte is buffered for a stopped reader, which then gets whole lines; the rest is counted', async () => {
    const service = await Service.start('pipe');
    let waiting = 0;
    for (let turn = 0; turn < 4; turn++) ({ waiting } = await service.does({ lines: 250, size: 8_000 }));
    expect(waiting).toBeGreaterThan(MEBIBYTE - 10_000);
    expect(waiting).toBeLessThanOrEqual(MEBIBYTE);
    const output = text(service.child.stdout as NodeJS.ReadableStream);
    while ((await service.does({ lines: 0, size: 0 })).waiting > 0);
    const [lost, again, ...more] = await service.end();
    const lines = read(await output);
    expect(lines.length * 8_000).toBeLessThan(2 * MEBIBYTE);
    expect(lost).toBe('log: lines are being lost (the reader does not keep up); the process goes on');
    expect(again).toBe(`log: lines are written again; ${1_000 - lines.length} were lost`);
    expect(more).toEqual([]);
  });

  it('R165: a fatal line of a process that continues waits for those before it and destroys none', async () => {
    const service = await Service.start('pipe');
    await service.does({ lines: 50, size: 8_000 });
    await service.does({ lines: 1, size: 10, level: 'fatal' });
    expect((await service.does({ lines: 1, size: 11 })).waiting).toBeGreaterThan(0);
    const output = text(service.child.stdout as NodeJS.ReadableStream);
    while ((await service.does({ lines: 0, size: 0 })).waiting > 0);
    expect(await service.end()).toEqual(['']);
    expect(read(await output).map(({ msg }) => msg.length)).toEqual([...Array<number>(50).fill(8_000), 10, 11]);
  });

  it('R165: a fatal end leaves one line with the open spans', async () => {
    const path = join(directory, 'log.jsonl');
    const service = await Service.start(open(path));
    const { code, said } = await service.fails({ open: 60, fail: 'throw', with: `no use for ${TOKEN}` });
    expect(code).toBe(1);
    expect(said).toContain('Error: no use for');
    const [line, ...more] = read(readFileSync(path, 'utf8'));
    expect(more).toEqual([]);
    expect(faultOf(line)).toBeUndefined();
    expect(line).toMatchObject({
      level: 'fatal',
      msg: 'The process ends: uncaught exception',
      err: { message: 'no use for [redacted]' },
      params: { openSpans: 60 },
    });
    const opened = line?.params?.['open'] as object[];
    expect(opened).toHaveLength(50);
    expect(opened[0]).toEqual({
      txn: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      span_id: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      op: 'orders.place 0',
    });
  });

  it('R165: the line of a fatal end overtakes those that wait for a slow reader', async () => {
    const service = await Service.start('pipe');
    expect((await service.does({ lines: 50, size: 8_000 })).waiting).toBeGreaterThan(0);
    const output = text(service.child.stdout as NodeJS.ReadableStream);
    const { code } = await service.fails({ open: 1, fail: 'reject', with: 'broken' });
    expect(code).toBe(1);
    expect(read((await output).split('\n').at(-2) ?? '')[0]).toMatchObject({
      level: 'fatal',
      msg: 'The process ends: unhandled rejection',
      params: { openSpans: 1 },
    });
  });
});
