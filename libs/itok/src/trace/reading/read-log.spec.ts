import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, link, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import type { Line } from '../line.js';
import { MAX_LINE } from '../parse-line.js';
import { type LogReading, readLog, type ReadLogOptions } from './read-log.js';
import { TraceInputError } from './trace-input-error.js';

const txnOf = (number: number): string => number.toString(16).padStart(32, 'a');
const line = (number: number, more = {}): string =>
  JSON.stringify({
    time: number,
    level: 'info',
    msg: `m${number}`,
    service: 's',
    instance: 'i',
    txn: txnOf(number),
    ...more,
  });
const text = (...numbers: number[]): string => numbers.map((number) => `${line(number)}\n`).join('');

let directory: string;
const at = (name: string): string => join(directory, name);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'itok-read-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function read(
  paths: readonly string[],
  options: Partial<ReadLogOptions> = {},
): Promise<LogReading & { times: number[] }> {
  const times: number[] = [];
  const reading = await readLog(paths, { onLine: ({ time }: Line) => times.push(time), ...options });
  return { ...reading, times };
}

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

describe('Reading a log', () => {
  it('gives every line about a request, and counts the others by kind', async () => {
    const log = `${text(1)}listening on 3000\n\n${line(2, { txn: undefined })}\n${line(3).slice(0, 60)}\n${line(4)}`;
    await writeFile(at('a.log'), log);
    await expect(read([at('a.log')])).resolves.toEqual({
      times: [1, 4],
      lines: 6,
      bytes: Buffer.byteLength(log),
      broken: 2,
      unrelated: 1,
      files: 1,
      problems: [],
    });
  });

  it('finds the lines with an id, and still counts all lines', async () => {
    await writeFile(at('a.log'), `${text(1, 2)}listening on 3000\r\n${text(1)}{"cut\n${line(2)}\r\n${line(1)}`);
    const found = await read([at('a.log')], { contains: txnOf(1) });
    expect(found).toMatchObject({ times: [1, 1, 1], lines: 7, broken: 2, unrelated: 2 });
    expect((await read([at('a.log')], { contains: [txnOf(2), 'nowhere'] })).times).toEqual([2, 2]);
    expect((await read([at('a.log')], { contains: 'nowhere' })).times).toEqual([]);
  });

  it('accepts an empty log', async () => {
    await writeFile(at('a.log'), '');
    await expect(read([at('a.log')])).resolves.toMatchObject({ lines: 0, bytes: 0, files: 1, problems: [] });
  });

  it('accepts bytes that are not text', async () => {
    await writeFile(
      at('a.log'),
      Buffer.concat([Buffer.of(0xff, 0xfe, 0, 0x0a), Buffer.from(text(1)), Buffer.of(0xc3)]),
    );
    await expect(read([at('a.log')])).resolves.toMatchObject({ times: [1], lines: 3, broken: 2 });
  });

  it('counts a line that is far too long as broken, without holding it', async () => {
    const endless = Buffer.alloc(3 * MAX_LINE, 'x');
    const log = Buffer.concat([Buffer.from(text(1)), endless, Buffer.from(`\n${text(2)}`), endless]);
    for (const contains of [undefined, 'm']) {
      const found = await read(['-'], { stdin: pieces(log, 65_536), ...(contains && { contains }) });
      expect(found).toMatchObject({ times: [1, 2], lines: 4, broken: 2 });
    }
    await writeFile(at('a.log'), log);
    await expect(read([at('a.log')])).resolves.toMatchObject({ times: [1, 2], lines: 4, broken: 2 });
  });

  it('gives the same result however the input is chunked, searched or compressed', async () => {
    const part = fc.oneof(
      fc.integer({ min: 1, max: 3 }).map((number) => line(number)),
      fc.constantFrom('', '\r', 'plain', '{"cut', `${line(1)}\r`, line(2, { msg: 'ÿ😀' }), line(9, { txn: undefined })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part), fc.integer({ min: 1, max: 400 }), fc.boolean(), async (lines, size, packed) => {
        const bytes = Buffer.from(lines.join('\n'));
        const stdin = (): AsyncIterable<Buffer> => pieces(packed && bytes.length > 0 ? gzipSync(bytes) : bytes, size);
        const wanted = lines.filter((each) => each.includes('"txn"')).map((each) => JSON.parse(each).time as number);
        const all = await read(['-'], { stdin: stdin() });
        expect(all.times).toEqual(wanted);
        expect(all.bytes).toBe(bytes.length);
        const ended = lines.length > 0 && lines.at(-1) === '' ? lines.length - 1 : lines.length;
        expect(all.lines).toBe(ended);
        const some = await read(['-'], { stdin: stdin(), contains: [txnOf(1), txnOf(3)] });
        expect(some.times).toEqual(wanted.filter((time) => time !== 2));
        expect([some.lines, some.broken]).toEqual([all.lines, all.broken]);
      }),
      { numRuns: 150 },
    );
  });

  it('reports its progress', async () => {
    await writeFile(at('a.log'), text(1, 2));
    await writeFile(at('b.log'), text(3));
    const told: [number, number][] = [];
    await read([directory], { onProgress: (done, of) => told.push([done, of]) });
    const size = Buffer.byteLength(text(1, 2, 3));
    expect(told).toEqual([
      [Buffer.byteLength(text(1, 2)), size],
      [size, size],
    ]);
  });

  it('fails with the error that the line handler throws, compressed or not', async () => {
    await writeFile(at('a.log'), text(1));
    await writeFile(at('b.log'), gzipSync(text(1)));
    const onLine = (): void => {
      throw new RangeError('enough');
    };
    for (const name of ['a.log', 'b.log']) await expect(readLog([at(name)], { onLine })).rejects.toThrow('enough');
  });

  it('stops when aborted', async () => {
    await writeFile(at('a.log'), text(1));
    await expect(read([at('a.log')], { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('An archive', () => {
  const packed = { gzip: gzipSync, zstd: zstdCompressSync };

  it.each(Object.entries(packed))('is recognised by its first bytes, not by its name: %s', async (_name, pack) => {
    await writeFile(at('a.log'), pack(text(1, 2)));
    await expect(read([at('a.log')])).resolves.toMatchObject({ times: [1, 2], lines: 2 });
  });

  it('may consist of several in a row', async () => {
    await writeFile(at('a.log.gz'), Buffer.concat([gzipSync(text(1)), gzipSync(text(2, 3))]));
    await expect(read([at('a.log.gz')])).resolves.toMatchObject({ times: [1, 2, 3], problems: [] });
  });

  it('is reported if it holds something that cannot be unpacked', async () => {
    await writeFile(at('a.log.zst'), Buffer.concat([zstdCompressSync(text(1)), zstdCompressSync(text(2, 3))]));
    await expect(read([at('a.log.zst')])).resolves.toMatchObject({
      times: [1],
      broken: 1,
      problems: [expect.any(String)],
    });
  });

  it.each(Object.entries(packed))('that is cut off is read up to there, and reported: %s', async (_name, pack) => {
    const many = Array.from({ length: 20_000 }, (_, index) => index * 7919);
    const whole = pack(text(...many));
    await writeFile(at('a.log'), whole.subarray(0, Math.floor(whole.length * 0.9)));
    const { times, lines, broken, problems } = await read([at('a.log')]);
    expect(times).toEqual(many.slice(0, times.length));
    expect(times.length).toBeGreaterThan(5_000);
    expect(times.length).toBeLessThan(many.length);
    expect([lines, broken]).toEqual([times.length + 1, 1]);
    expect(problems).toEqual([`${at('a.log')}: the archive is damaged or cut off; it was read up to there`]);
  });

  it('that is damaged does not keep others from being read', async () => {
    const damaged = gzipSync(text(1));
    damaged.fill(0xff, 12, 30);
    await writeFile(at('a.log.gz'), damaged);
    await writeFile(at('b.log'), text(2));
    await expect(read([directory])).resolves.toMatchObject({
      times: [2],
      broken: 1,
      files: 2,
      problems: [expect.any(String)],
    });
  });
});

describe('The input', () => {
  it('of a directory is everything that looks like a log, also rotated and compressed, but nothing hidden', async () => {
    await mkdir(at('deep/er'), { recursive: true });
    await mkdir(at('.git'));
    await mkdir(at('node_modules'));
    const logs = ['a.log', 'a.log.1', 'a.log-20261126', 'b.ndjson', 'c.jsonl', 'deep/d.json', 'deep/er/e.LOG'];
    for (const [index, name] of logs.entries()) await writeFile(at(name), text(index));
    await writeFile(at('deep/f.log.2.gz'), gzipSync(text(7)));
    for (const name of ['.a.log', '.git/x.log', 'node_modules/x.json', 'x.txt', 'log', 'x.log.bak']) {
      await writeFile(at(name), text(99));
    }
    const { times, files, problems } = await read([directory]);
    expect(times.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect([files, problems]).toEqual([8, []]);
  });

  it('is any file that is named', async () => {
    await writeFile(at('.hidden'), text(1));
    await expect(read([at('.hidden')])).resolves.toMatchObject({ times: [1] });
  });

  it('is read once, whatever names and links are given', async () => {
    await writeFile(at('a.log'), text(1));
    await symlink(at('a.log'), at('b.log'));
    await link(at('a.log'), at('c.log'));
    await symlink(directory, at('again'));
    await expect(read([at('a.log'), directory, at('b.log'), at('a.log')])).resolves.toMatchObject({
      times: [1],
      files: 1,
    });
  });

  it('is standard input for -', async () => {
    await writeFile(at('a.log'), text(1));
    const stdin = pieces(Buffer.from(text(2)), 7);
    await expect(read(['-', at('a.log')], { stdin })).resolves.toMatchObject({ times: [1, 2], files: 2 });
  });

  it('must exist: the error names the path and says what to do', async () => {
    await writeFile(at('a.log'), text(1));
    const found: Line[] = [];
    const reading = readLog([at('a.log'), at('none.log')], { onLine: (each) => found.push(each) });
    await expect(reading).rejects.toThrow(TraceInputError);
    await expect(reading).rejects.toMatchObject({
      path: at('none.log'),
      message: `${at('none.log')} does not exist: name a file, a directory, or - for standard input.`,
    });
    expect(found).toEqual([]);
  });

  it('must not be empty', async () => {
    await expect(read([])).rejects.toThrow('Nothing to read: name files, directories, or - for standard input.');
    await writeFile(at('x.txt'), text(1));
    await expect(read([directory])).rejects.toThrow(/holds no log\. Names of logs end in \.log/);
  });

  it('may contain a broken link: it is reported, the rest is read', async () => {
    await writeFile(at('a.log'), text(1));
    await symlink(at('gone'), at('b.log'));
    const { times, problems } = await read([directory]);
    expect(times).toEqual([1]);
    expect(problems).toEqual([expect.stringContaining('b.log does not exist')]);
  });

  it('may vanish while others are read: it is reported, the rest is read', async () => {
    // More files than are open at once.
    const names = Array.from({ length: 40 }, (_, index) => `${String(index).padStart(2, '0')}.log`);
    for (const [index, name] of names.entries()) await writeFile(at(name), text(index));
    const times: number[] = [];
    const { files, problems } = await readLog([directory], {
      onLine: ({ time }) => {
        times.push(time);
        rmSync(at('39.log'), { force: true });
      },
    });
    expect([times.length, files]).toEqual([39, 39]);
    expect(problems).toEqual([expect.stringContaining('39.log does not exist')]);
  });

  it('of several files is read side by side by time, so that related lines come close together', async () => {
    const lines = 60_000;
    const content = Array.from({ length: lines }, (_, index) => text(index)).join('');
    for (const name of ['a.log', 'b.log', 'c.log']) await writeFile(at(name), content);
    let [latest, furthestBehind, count] = [0, 0, 0];
    await readLog([directory], {
      onLine: ({ time }) => {
        count++;
        latest = Math.max(latest, time);
        furthestBehind = Math.max(furthestBehind, latest - time);
      },
    });
    expect(count).toBe(3 * lines);
    // One after the other, the first lines would all be from one file.
    expect(furthestBehind).toBeLessThan(lines / 2);
  });
});
