import { appendFile, mkdir, mkdtemp, rename, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { followLog, type FollowLogOptions } from './follow-log.js';
import { TraceInputError } from './trace-input-error.js';

const txnOf = (number: number): string => number.toString(16).padStart(32, 'a');
const line = (number: number): string =>
  JSON.stringify({ time: number, level: 'info', msg: 'm', service: 's', instance: 'i', txn: txnOf(number) });
const text = (...numbers: number[]): string => numbers.map((number) => `${line(number)}\n`).join('');

let directory: string;
const at = (name: string): string => join(directory, name);
let ending: AbortController;
let following: Promise<void>;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'itok-follow-'));
  ending = new AbortController();
  following = Promise.resolve();
});
afterEach(async () => {
  ending.abort();
  await following.catch(() => undefined);
  await rm(directory, { recursive: true, force: true });
});

/** Follows, and looks at the files on request. */
async function follow(paths: readonly string[], options: Partial<FollowLogOptions> = {}) {
  const times: number[] = [];
  const problems: string[] = [];
  let looked = Promise.withResolvers<void>();
  let next = Promise.withResolvers<void>();
  following = followLog(paths, {
    onLine: ({ time }) => times.push(time),
    onProblem: (problem) => problems.push(problem),
    signal: ending.signal,
    tick: (signal) => {
      const { promise, resolve } = next;
      signal.addEventListener('abort', () => resolve());
      looked.resolve();
      return promise;
    },
    ...options,
  });
  const failed = following.then(() => {
    throw new Error('following has ended');
  });
  failed.catch(() => undefined);
  await Promise.race([looked.promise, failed]);
  const look = async (): Promise<void> => {
    looked = Promise.withResolvers();
    const { resolve } = next;
    next = Promise.withResolvers();
    resolve();
    await Promise.race([looked.promise, failed]);
  };
  const end = async (): Promise<void> => {
    ending.abort();
    await following;
  };
  return { times, problems, look, end };
}

describe('Following a file', () => {
  it('reads what is added, and nothing that was there before', async () => {
    await writeFile(at('a.log'), text(1));
    const { times, look, end } = await follow([at('a.log')]);
    await look();
    expect(times).toEqual([]);
    await appendFile(at('a.log'), text(2, 3));
    await look();
    expect(times).toEqual([2, 3]);
    await look();
    await appendFile(at('a.log'), text(4));
    await end();
    expect(times).toEqual([2, 3]);
  });

  it('reads the existing content too if asked to', async () => {
    await writeFile(at('a.log'), text(1, 2));
    const { times, look } = await follow([at('a.log')], { fromStart: true, contains: txnOf(2) });
    expect(times).toEqual([2]);
    await appendFile(at('a.log'), text(1, 2));
    await look();
    expect(times).toEqual([2, 2]);
  });

  it('waits for the end of a line that is written in pieces', async () => {
    await writeFile(at('a.log'), '');
    const { times, look } = await follow([at('a.log')]);
    const bytes = text(1);
    for (const piece of [bytes.slice(0, 5), bytes.slice(5, 40), bytes.slice(40, -1)]) {
      await appendFile(at('a.log'), piece);
      await look();
      expect(times).toEqual([]);
    }
    await appendFile(at('a.log'), `\n${text(2)}`);
    await look();
    expect(times).toEqual([1, 2]);
  });

  it('reads a last line without a line break', async () => {
    await writeFile(at('a.log'), '');
    const { times, look, end } = await follow([at('a.log')]);
    await appendFile(at('a.log'), line(1));
    await look();
    await end();
    expect(times).toEqual([1]);
  });

  it('starts over when the file is truncated, and drops an incomplete line', async () => {
    await writeFile(at('a.log'), text(1, 2, 3));
    const { times, look } = await follow([at('a.log')]);
    await appendFile(at('a.log'), '{"begun":');
    await look();
    await truncate(at('a.log'));
    await appendFile(at('a.log'), text(4));
    await look();
    expect(times).toEqual([4]);
  });

  it('reads the rest of a rotated file first, including what its writer adds late', async () => {
    await writeFile(at('a.log'), '');
    const { times, look } = await follow([at('a.log')]);
    await appendFile(at('a.log'), text(1));
    await look();
    await appendFile(at('a.log'), text(2));
    await rename(at('a.log'), at('a.log.1'));
    await writeFile(at('a.log'), text(3));
    await look();
    expect(times).toEqual([1, 2, 3]);
    await appendFile(at('a.log.1'), text(4));
    await appendFile(at('a.log'), text(5));
    await look();
    expect(times).toEqual([1, 2, 3, 4, 5]);
  });

  it('survives a file that is missing for a while', async () => {
    await writeFile(at('a.log'), text(1));
    const { times, problems, look } = await follow([at('a.log')]);
    await unlink(at('a.log'));
    for (let looks = 0; looks < 12; looks++) await look();
    await writeFile(at('a.log'), text(2));
    await look();
    expect([times, problems]).toEqual([[2], []]);
  });

  it('requires the file to exist at the beginning', async () => {
    await expect(follow([at('none.log')])).rejects.toThrow(TraceInputError);
  });
});

describe('Following a directory', () => {
  it('reads new files from their beginnings', async () => {
    const { times, problems, look } = await follow([directory]);
    expect(problems).toEqual([expect.stringContaining('holds no log')]);
    await writeFile(at('a.log'), text(1));
    await look();
    await mkdir(at('deep'));
    await writeFile(at('deep/b.ndjson'), text(2));
    await writeFile(at('c.txt'), text(99));
    await look();
    await appendFile(at('a.log'), text(3));
    await look();
    expect(times).toEqual([1, 2, 3]);
    expect(problems).toHaveLength(1);
  });

  it('reads no line twice when logs are rotated, copied or compressed', async () => {
    await writeFile(at('a.log'), text(1));
    const { times, look } = await follow([directory], { fromStart: true });
    await rename(at('a.log'), at('a.log.1'));
    await writeFile(at('a.log'), text(2));
    await look();
    await writeFile(at('a.log.2.gz'), gzipSync(text(1)));
    await unlink(at('a.log.1'));
    await writeFile(at('a.log-20261126'), text(2));
    await truncate(at('a.log'));
    await look();
    await appendFile(at('a.log'), text(3));
    await look();
    expect(times).toEqual([1, 2, 3]);
  });

  it('reads rotated and compressed files if asked for everything', async () => {
    await writeFile(at('a.log.2.gz'), gzipSync(text(1)));
    await writeFile(at('a.log.1'), text(2));
    await writeFile(at('a.log'), text(3));
    const { times, look } = await follow([directory], { fromStart: true });
    await look();
    expect(times.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
    expect(times.at(-1)).toBe(3);
  });
});

describe('Following standard input', () => {
  it('reads lines as they come, and ends with it if nothing else is followed', async () => {
    const stdin = new PassThrough();
    const times: number[] = [];
    const second = Promise.withResolvers<void>();
    const done = followLog(['-'], {
      stdin,
      onLine: ({ time }) => {
        times.push(time);
        if (time === 2) second.resolve();
      },
    });
    stdin.write(text(1).slice(0, 30));
    stdin.write(text(1).slice(30) + text(2) + line(3));
    await second.promise;
    expect(times).toEqual([1, 2]);
    stdin.end();
    await done;
    expect(times).toEqual([1, 2, 3]);
  });

  it('stops at the end, even if standard input is silent', async () => {
    const stdin = new PassThrough();
    await writeFile(at('a.log'), '');
    const { times, look, end } = await follow(['-', at('a.log')], { stdin });
    await appendFile(at('a.log'), text(1));
    await look();
    await end();
    expect(times).toEqual([1]);
    expect(stdin.destroyed).toBe(true);
  });
});

describe('Following', () => {
  it('fails with the error that the line handler throws', async () => {
    await writeFile(at('a.log'), '');
    const onLine = (): void => {
      throw new RangeError('enough');
    };
    const { look } = await follow([at('a.log')], { onLine });
    await appendFile(at('a.log'), text(1));
    await expect(look()).rejects.toThrow('enough');
    await expect(following).rejects.toThrow('enough');
  });

  it('polls by itself', async () => {
    await writeFile(at('a.log'), '');
    const found = Promise.withResolvers<number>();
    following = followLog([at('a.log')], {
      onLine: ({ time }) => found.resolve(time),
      signal: ending.signal,
      fromStart: true,
    });
    await appendFile(at('a.log'), text(1));
    await expect(found.promise).resolves.toBe(1);
    ending.abort();
    await following;
  });
});
