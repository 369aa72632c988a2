import { setTimeout as delay } from 'node:timers/promises';
import { FollowedFile } from './followed-file.js';
import { LineSplitter, type LineSplitterOptions, noCounts } from './line-splitter.js';
import { findLogFiles, type LogFile, STDIN } from './log-files.js';
import { readLog, type ReadLogOptions, stdinOf } from './read-log.js';
import { describeFailure, isOfFileSystem, TraceInputError } from './trace-input-error.js';
import { unpack } from './unpack.js';

/** Polls the sizes of files: not every file system reports events. */
const LOOK_EVERY_MS = 250;
/** Closes a file that was rotated away after this many looks without new data: its writer may not have noticed yet. */
const QUIET_LOOKS = 8;

export interface FollowLogOptions extends Pick<ReadLogOptions, 'onLine' | 'contains' | 'stdin' | 'signal'> {
  /** Called once for each file that cannot be followed (any longer), with a sentence for people. */
  readonly onProblem?: (problem: string) => void;
  /** Start with the existing content, rotated and compressed files too. Default: only what is added. */
  readonly fromStart?: boolean;
  /** Waits until the next look at the files; returns early when `signal` aborts. Default: 250 ms. */
  readonly tick?: (signal: AbortSignal) => Promise<unknown>;
}

/**
 * Reads what is added to logs until `signal` aborts, or until standard input ends if nothing else is followed.
 * Identifies files by their identity, not their names: they may be rotated, truncated or replaced. Reads new files in
 * directories from their beginnings.
 *
 * @throws TraceInputError if a path does not exist at the beginning
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
    // What was there before comes first; of a renamed file, the rest.
    for (const [id, file] of this.#followed) await this.#readOn(id, file);
    for (const file of open) {
      if (!this.#followed.has(file.id)) await this.#follow(file, 'start');
    }
    await this.#letGo(new Set(open.map(({ id }) => id)));
  }

  /** While a log is being rotated, its path may not exist. */
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
      // Errors of the line handler are not problems of the file.
      if (file === undefined || !isOfFileSystem(error)) throw error;
      this.#followed.delete(id);
      this.#tell(describeFailure(file.path, error));
      await file.close();
    }
  }

  /** Closes files that are no longer in their place, once their writers have had time to notice. */
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
