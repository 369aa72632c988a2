import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { appendFileSync, closeSync, fstatSync, linkSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openDevelopmentDirectory } from './open-development-directory.js';

/** Where `nestjs-internal-token/logging` publishes each line that it writes. */
const LOG_LINES = 'nestjs-internal-token:log-line';

const MEGABYTE = 1024 * 1024;
/** Milliseconds between two looks at whether the file is still the one that its name stands for. */
const LOOK_EVERY = 1_000;

export interface DevelopmentLogOptions {
  /** Name of the process, and of its file: `<service>.ndjson`. */
  readonly service: string;
  readonly directory: string;
  /** Called once, with the reason why nothing more is written. */
  readonly report: (problem: string) => void;
  /** Size in bytes at which the file becomes `<service>.ndjson.1` and a new one starts. Default 32 MB. */
  readonly limitBytes?: number;
}

/**
 * In development each process also writes its log lines to a file, always as JSON, so that `itok` and the live page see
 * a request in every process that it went through.
 *
 * It never fails a request: if a line cannot be written, it stops and reports that.
 */
export class DevelopmentLog {
  readonly #path: string;
  #file: number | undefined;
  #bytes = 0;
  #lookedAt = 0;

  constructor(private readonly options: DevelopmentLogOptions) {
    this.#path = join(options.directory, `${options.service}.ndjson`);
    try {
      this.#open();
    } catch (error) {
      this.#stop(error);
      return;
    }
    subscribe(LOG_LINES, this.#write);
  }

  close(): void {
    unsubscribe(LOG_LINES, this.#write);
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  // Synchronous: the last lines of a killed process are the most interesting ones.
  readonly #write = (line: unknown): void => {
    if (this.#file === undefined) return;
    try {
      const text = `${JSON.stringify(line)}\n`;
      this.#file = this.#current(this.#file);
      appendFileSync(this.#file, text);
      this.#bytes += Buffer.byteLength(text);
    } catch (error) {
      // An error of a subscriber would end the process.
      this.#stop(error);
    }
  };

  #stop(error: unknown): void {
    try {
      this.close();
    } catch {
      // The disk may fail here too.
    }
    this.options.report(`No more lines in ${this.#path}: ${error instanceof Error ? error.message : String(error)}`);
  }

  #open(): number {
    openDevelopmentDirectory(this.options.service, this.options.directory);
    const file = openSync(this.#path, 'a', 0o600);
    this.#file = file;
    this.#bytes = fstatSync(file).size;
    this.#lookedAt = Date.now();
    return file;
  }

  /** Another replica may have started a new file, and people delete `.dev` while processes run. */
  #current(file: number): number {
    const full = this.#bytes >= (this.options.limitBytes ?? 32 * MEGABYTE);
    if (!full && Date.now() - this.#lookedAt < LOOK_EVERY) return file;
    const same = statSync(this.#path, { throwIfNoEntry: false })?.ino === fstatSync(file).ino;
    this.#lookedAt = Date.now();
    if (same && !full) return file;
    if (same) this.#setAside(fstatSync(file).ino);
    closeSync(file);
    this.#file = undefined;
    return this.#open();
  }

  /** Replicas may find the same file full at once, so check which file was moved and put a newer one back. */
  #setAside(full: number): void {
    const aside = `${this.#path}.${randomUUID()}`;
    try {
      renameSync(this.#path, aside);
      if (statSync(aside).ino === full) return renameSync(aside, `${this.#path}.1`);
      linkSync(aside, this.#path);
    } catch (error) {
      // The other process was faster, and has started the next file or is about to.
      if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
    rmSync(aside, { force: true });
  }
}
