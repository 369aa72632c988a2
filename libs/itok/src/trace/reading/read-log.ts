import { type FileHandle, open } from 'node:fs/promises';
import { addAbortSignal, Readable } from 'node:stream';
import type { Line } from '../line.js';
import type { ReadingReport } from '../report.js';
import { LineSplitter, noCounts } from './line-splitter.js';
import { findLogFiles, type LogFile, STDIN } from './log-files.js';
import { describeFailure, TraceInputError, unreadable } from './trace-input-error.js';
import { type Turn, MergeByTime } from './merge-by-time.js';
import { DamagedArchiveError, unpack } from './unpack.js';

/** Large enough that the cost of requesting the next chunk is negligible. */
const CHUNK = 524_288;
/** Most files open at once; each has two chunks. */
const MAX_OPEN = 32;

export interface ReadLogOptions {
  /**
   * Called for each line about a request. Files are read side by side, always the one whose last line is the oldest, so
   * that the lines of one request come close together. An error it throws ends the reading.
   */
  readonly onLine: (line: Line) => void;
  /** Parse only lines that contain this text or one of these texts, such as an id. Far faster. */
  readonly contains?: string | readonly string[];
  /** The stream that `-` stands for. Default: standard input. */
  readonly stdin?: AsyncIterable<Buffer>;
  /** Called after each chunk with the bytes read on disk; `of` is 0 if the total is unknown. */
  readonly onProgress?: (read: number, of: number) => void;
  readonly signal?: AbortSignal;
}

/** What was read. `bytes` count uncompressed text. */
export interface LogReading extends ReadingReport {
  /** Well-formed lines not about a request, or without the text searched for. */
  readonly unrelated: number;
  /** Sentences for people about files that could not be read (to their end). */
  readonly problems: readonly string[];
}

/**
 * Reads logs from files, directories and standard input (`-`), also compressed with gzip or zstd. Memory does not grow
 * with their size; broken lines are counted.
 *
 * @throws TraceInputError if a path does not exist, before anything is read
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

  const turns = new MergeByTime();

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

/** Waits for all, so that none is still running when an error is reported. */
async function allSettled(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** A pipe may stay silent for ever: it is destroyed when reading must end. */
export function stdinOf({
  stdin = process.stdin,
  signal,
}: Pick<ReadLogOptions, 'stdin' | 'signal'>): AsyncIterable<Buffer> {
  if (signal !== undefined && stdin instanceof Readable) addAbortSignal(signal, stdin);
  return stdin;
}

/** A file found in a directory may be gone or unreadable; a named file must be readable. */
async function openFile({ path, named }: LogFile, problems: string[]): Promise<FileHandle | undefined> {
  try {
    return await open(path);
  } catch (error) {
    if (named) throw unreadable(path, error);
    problems.push(describeFailure(path, error));
    return undefined;
  }
}

/** Chunks of a file; each one is overwritten by the next but one. */
async function* chunksOf(handle: FileHandle, { path }: LogFile, problems: string[]): AsyncGenerator<Buffer> {
  // Reads the next chunk while the caller works on this one.
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
