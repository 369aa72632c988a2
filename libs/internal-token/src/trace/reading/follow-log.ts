import { setTimeout as delay } from 'node:timers/promises';
import { FollowedFile } from './followed-file.js';
import { LineSplitter, type LineSplitterOptions, noCounts } from './line-splitter.js';
import { findLogFiles, type LogFile, STDIN } from './log-files.js';
import { readLog, type ReadLogOptions, stdinOf } from './read-log.js';
import { describeFailure, isOfFileSystem, TraceInputError } from './trace-input.error.js';
import { unpack } from './unpack.js';

/** Files are asked for their size: events of file systems do not come from every one of them. */
const LOOK_EVERY_MS = 250;
/** A file that was rotated away is let go after so many looks without anything new: its writer may not know yet. */
const QUIET_LOOKS = 8;

export interface FollowLogOptions extends Pick<ReadLogOptions, 'onLine' | 'contains' | 'stdin' | 'signal'> {
  /** What cannot be followed (any more), a sentence for people, each once. */
  readonly onProblem?: (problem: string) => void;
  /** Begin with what is there already, rotated and packed files too. Default: only what is added. */
  readonly fromStart?: boolean;
  /** Waits for the next look at the files; ends early when `signal` says so. Default: 250 ms. */
  readonly tick?: (signal: AbortSignal) => Promise<unknown>;
}

/**
 * Reads what is added to logs until `signal` says that it is enough, or standard input ends where nothing else is
 * followed. Knows files by what they are and not by their names: they may be rotated, emptied, replaced; new ones in
 * directories are read from their beginnings.
 *
 * @throws TraceInputError if a path leads nowhere at the beginning
 */
export async function followLog(paths: readonly string[], options: FollowLogOptions): Promise<void> {
  if (paths.length === 0)
    throw new TraceInputError('Nothing to follow: name files, directories, or - for standard input.');
  const failed = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, failed.signal]) : failed.signal;
  const places = paths.filter((path) => path !== STDIN);
  try {
    await Promise.all([
      paths.includes(STDIN) && followStdin({ ...options, signal }),
      places.length > 0 && new LogFollower(places, options, signal).run(),
    ]);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    failed.abort();
  }
}

function nextLook(signal: AbortSignal): Promise<void> {
  return delay(LOOK_EVERY_MS, undefined, { signal });
}

function splitterOptions({ onLine, contains }: FollowLogOptions): LineSplitterOptions {
  return { onLine, needles: contains === undefined ? undefined : [contains].flat().map((text) => Buffer.from(text)) };
}

async function followStdin(options: FollowLogOptions & { signal: AbortSignal }): Promise<void> {
  const lines = new LineSplitter(splitterOptions(options), noCounts());
  await unpack(stdinOf(options), (chunk) => lines.push(chunk));
  lines.end();
}

class LogFollower {
  readonly #followed = new Map<string, FollowedFile>();
  readonly #told = new Set<string>();
  readonly #splitting: LineSplitterOptions;

  constructor(
    private readonly paths: readonly string[],
    private readonly options: FollowLogOptions,
    private readonly signal: AbortSignal,
  ) {
    this.#splitting = splitterOptions(options);
  }

  async run(): Promise<void> {
    const { tick = nextLook, fromStart = false } = this.options;
    try {
      await this.#begin(await findLogFiles(this.paths, this.#tell), fromStart);
      for (;;) {
        await tick(this.signal);
        if (this.signal.aborted) return;
        await this.#look();
      }
    } finally {
      for (const file of this.#followed.values()) await file.close();
    }
  }

  async #begin(files: readonly LogFile[], fromStart: boolean): Promise<void> {
    const closed = files.filter((file) => file.closed);
    const open = files.filter((file) => !file.closed);
    if (fromStart && closed.length > 0) {
      const { onLine, contains } = this.options;
      const read = closed.map(({ path }) => path);
      const { problems } = await readLog(read, {
        onLine,
        signal: this.signal,
        ...(contains !== undefined && { contains }),
      });
      problems.forEach(this.#tell);
    }
    for (const file of open) await this.#follow(file, fromStart ? 'start' : 'end');
  }

  async #look(): Promise<void> {
    const open = (await this.#list()).filter((file) => !file.closed);
    // What was there before comes first: of a file with a new name, the rest.
    for (const [id, file] of this.#followed) await this.#readOn(id, file);
    for (const file of open) {
      if (!this.#followed.has(file.id)) await this.#follow(file, 'start');
    }
    await this.#letGo(new Set(open.map(({ id }) => id)));
  }

  /** While a log is being rotated, nothing may be in its place. */
  async #list(): Promise<LogFile[]> {
    const files = new Map<string, LogFile>();
    for (const path of this.paths) {
      for (const file of await findLogFiles([path], this.#tell).catch(() => [])) files.set(file.id, file);
    }
    return [...files.values()];
  }

  async #follow({ path, id }: LogFile, from: 'start' | 'end'): Promise<void> {
    try {
      this.#followed.set(id, await FollowedFile.open(path, from, this.#splitting));
    } catch (error) {
      return this.#tell(describeFailure(path, error));
    }
    await this.#readOn(id, this.#followed.get(id));
  }

  async #readOn(id: string, file: FollowedFile | undefined): Promise<void> {
    try {
      await file?.readOn();
    } catch (error) {
      // What a line's taker throws is its own affair.
      if (file === undefined || !isOfFileSystem(error)) throw error;
      this.#followed.delete(id);
      this.#tell(describeFailure(file.path, error));
      await file.close();
    }
  }

  /** Files that are no longer where they were followed, once their writers have found out. */
  async #letGo(inPlace: ReadonlySet<string>): Promise<void> {
    for (const [id, file] of this.#followed) {
      if (inPlace.has(id) || file.quiet < QUIET_LOOKS) continue;
      this.#followed.delete(id);
      await file.close();
    }
  }

  readonly #tell = (problem: string): void => {
    if (this.#told.has(problem)) return;
    if (this.#told.size < 1_000) this.#told.add(problem);
    this.options.onProblem?.(problem);
  };
}
