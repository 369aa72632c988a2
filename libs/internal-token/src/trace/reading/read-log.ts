import { type FileHandle, open } from 'node:fs/promises';
import { addAbortSignal, Readable } from 'node:stream';
import type { Line } from '../line.js';
import type { ReadingReport } from '../report.js';
import { LineSplitter, noCounts } from './line-splitter.js';
import { findLogFiles, type LogFile, STDIN } from './log-files.js';
import { describeFailure, TraceInputError, unreadable } from './trace-input.error.js';
import { type Turn, Turns } from './turns.js';
import { DamagedArchiveError, unpack } from './unpack.js';

/** Large enough that asking for the next one costs nothing beside it. */
const CHUNK = 524_288;
/** Files that are open at once; each has two chunks. */
const MAX_OPEN = 32;

export interface ReadLogOptions {
  /**
   * Each line about a request. Files are read side by side, always the one whose last line is the oldest, so that the
   * lines of one request come close together. What it throws ends the reading.
   */
  readonly onLine: (line: Line) => void;
  /** Only lines that hold this text, or one of these, are parsed: an id, say. Far faster. */
  readonly contains?: string | readonly string[];
  /** What `-` stands for. Default: standard input. */
  readonly stdin?: AsyncIterable<Buffer>;
  /** After each piece: how far it is, in bytes on the disk; `of` 0 if nobody can say. */
  readonly onProgress?: (read: number, of: number) => void;
  readonly signal?: AbortSignal;
}

/** What was read. `bytes` are of text, unpacked. */
export interface LogReading extends ReadingReport {
  /** Sound lines about no request, or without what was searched for. */
  readonly unrelated: number;
  /** Files that could not be read, or not to their ends; sentences for people. */
  readonly problems: readonly string[];
}

/**
 * Reads logs from files, directories and standard input (`-`), gzip and zstd too. Memory does not grow with their size;
 * lines that are broken are counted.
 *
 * @throws TraceInputError if there is nothing at a path, before anything is read
 */
export async function readLog(paths: readonly string[], options: ReadLogOptions): Promise<LogReading> {
  const { onLine, contains, signal, onProgress } = options;
  if (paths.length === 0)
    throw new TraceInputError('Nothing to read: name files, directories, or - for standard input.');
  const counts = noCounts();
  const problems: string[] = [];
  const needles = contains === undefined ? undefined : [contains].flat().map((text) => Buffer.from(text));
  const files = await findLogFiles(paths, (problem) => problems.push(problem));
  if (files.length === 0 && !paths.includes(STDIN)) throw new TraceInputError(problems.join(' '), paths[0]);
  const size = files.reduce((sum, file) => sum + file.size, 0);
  let opened = 0;
  let position = 0;

  const turns = new Turns();

  async function readSource(name: string, source: AsyncIterable<Buffer>, turn: Turn): Promise<void> {
    const follow = (line: Line): void => {
      turn.time = line.time;
      onLine(line);
    };
    const lines = new LineSplitter({ onLine: follow, needles }, counts);
    try {
      await unpack(watched(source, turn), (chunk) => lines.push(chunk));
      lines.end();
    } catch (error) {
      if (!(error instanceof DamagedArchiveError)) throw error;
      lines.breakOff();
      problems.push(`${name}: ${error.message}`);
    }
  }

  async function* watched(chunks: AsyncIterable<Buffer>, turn: Turn): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      await turn.mine();
      signal?.throwIfAborted();
      yield chunk;
      position += chunk.length;
      onProgress?.(position, size);
    }
  }

  async function readFile(file: LogFile): Promise<void> {
    signal?.throwIfAborted();
    const turn = turns.enter();
    let handle: FileHandle | undefined;
    try {
      handle = await openFile(file, problems);
      if (handle === undefined) return;
      opened++;
      await readSource(file.path, chunksOf(handle, file, problems), turn);
    } finally {
      turn.leave();
      await handle?.close();
    }
  }

  const waiting = [...files];
  const readers = Array.from({ length: Math.min(MAX_OPEN, files.length) }, async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) await readFile(file);
  });
  await allSettled(readers);
  if (paths.includes(STDIN)) {
    opened++;
    await readSource('standard input', stdinOf(options), turns.enter());
  }
  const { lines, bytes, broken, unrelated } = counts;
  return { lines, bytes, broken, unrelated, files: opened, problems };
}

/** Waits for all, so that none goes on when an error is told. */
async function allSettled(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** A pipe may be silent for ever: it is destroyed when the reading is to end. */
export function stdinOf({
  stdin = process.stdin,
  signal,
}: Pick<ReadLogOptions, 'stdin' | 'signal'>): AsyncIterable<Buffer> {
  if (signal !== undefined && stdin instanceof Readable) addAbortSignal(signal, stdin);
  return stdin;
}

/** A file that was found in a directory may be gone, or somebody else's; one that was named must be there. */
async function openFile({ path, named }: LogFile, problems: string[]): Promise<FileHandle | undefined> {
  try {
    return await open(path);
  } catch (error) {
    if (named) throw unreadable(path, error);
    problems.push(describeFailure(path, error));
    return undefined;
  }
}

/** Pieces of a file; each one is overwritten by the next but one. */
async function* chunksOf(handle: FileHandle, { path }: LogFile, problems: string[]): AsyncGenerator<Buffer> {
  // The next piece is read while this one is worked on.
  const buffers = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)] as const;
  for (let turn = 0; ; turn ^= 1) {
    const buffer = buffers[turn] as Buffer;
    try {
      const { bytesRead } = await handle.read(buffer, 0, CHUNK);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    } catch (error) {
      problems.push(describeFailure(path, error));
      return;
    }
  }
}
