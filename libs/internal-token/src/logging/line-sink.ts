import { writeSync } from 'node:fs';
import { Writable } from 'node:stream';

/** What takes lines; streams among them are never written to without bound. */
export interface LineDestination {
  write(line: string): unknown;
}

/** Bytes that may wait for a reader, of one destination. */
const MAX_WAITING_BYTES = 1_048_576;
/** Of notices, where standard error is not read either. */
const MAX_WAITING_NOTICES = 65_536;
/** How long the last line of a process waits for a pipe that is full: tries, and milliseconds between them. */
const LAST_TRIES = 10;
const LAST_PAUSE_MS = 10;

const sinks = new WeakMap<LineDestination, LineSink>();
/** On streams that have a listener already, whichever copy of this module added it. */
const SURVIVES = Symbol.for('nestjs-internal-token:survives-errors');

/**
 * The one way out for lines. A destination that fails (a full disk, a reader that left) ends nothing and is tried again
 * with each line; for a reader that does not keep up at most {@link MAX_WAITING_BYTES} wait. Lines that could not be
 * written are counted; standard error says so once, and again, with their number, when lines are written again.
 */
export class LineSink {
  static #processEnds = false;

  readonly #destination: LineDestination;
  readonly #stream: (Writable & { readonly fd?: unknown }) | undefined;
  /** Lines since the destination last worked. */
  #lost = 0;
  /** The last line may have been written in part: the next one begins on a line of its own. */
  #broken = false;

  /** One for each destination, so that it is told once, however many loggers write there. */
  static of(destination: LineDestination): LineSink {
    const sink = sinks.get(destination) ?? new LineSink(destination);
    sinks.set(destination, sink);
    return sink;
  }

  /** For the last line of a process, which `write` logs: past lines that still wait, which nobody would write any more. */
  static whileProcessEnds(write: () => void): void {
    LineSink.#processEnds = true;
    try {
      write();
    } finally {
      LineSink.#processEnds = false;
    }
  }

  private constructor(destination: LineDestination) {
    this.#destination = destination;
    if (!(destination instanceof Writable) || destination.writableObjectMode) return;
    this.#stream = destination;
    surviveErrors(destination);
  }

  /** Never throws. */
  write(line: string): void {
    try {
      if (this.#stream === undefined) {
        this.#destination.write(line);
        this.#written();
        return;
      }
      const { writableLength: waiting, fd } = this.#stream;
      // With nothing before it, a line gets to a file, a terminal or a pipe with room for it while it is written.
      if (LineSink.#processEnds && typeof fd === 'number' && waiting > 0) return this.#writeNow(fd, line);
      const bytes = this.#encode(line);
      if (waiting > 0 && waiting + bytes.length > MAX_WAITING_BYTES) this.#lose('the reader does not keep up');
      else this.#stream.write(bytes, this.#written);
    } catch (error) {
      this.#written(error);
    }
  }

  #writeNow(fd: number, line: string): void {
    // The one before it may have been written in part.
    this.#broken = true;
    const bytes = this.#encode(line);
    for (let at = 0, tries = LAST_TRIES; at < bytes.length;) {
      try {
        at += writeSync(fd, bytes, at);
      } catch (error) {
        if (codeOf(error) !== 'EAGAIN' || tries-- === 0) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LAST_PAUSE_MS);
      }
    }
  }

  #encode(line: string): Buffer {
    return Buffer.from(this.#broken ? `\n${line}` : line);
  }

  /** Called for each line. */
  readonly #written = (error?: unknown): void => {
    if (error !== undefined && error !== null) {
      this.#broken = true;
      this.#lose(codeOf(error));
      return;
    }
    this.#broken = false;
    if (this.#lost === 0 || (this.#stream?.writableLength ?? 0) > 0) return;
    notify(`log: lines are written again; ${this.#lost} were lost`);
    this.#lost = 0;
  };

  #lose(reason: string): void {
    if (this.#lost++ === 0) notify(`log: lines are being lost (${reason}); the process goes on`);
  }
}

function surviveErrors(stream: Writable & { [SURVIVES]?: true }): void {
  if (stream[SURVIVES]) return;
  Object.defineProperty(stream, SURVIVES, { value: true });
  // An error without a listener ends the process; each line hears of its own.
  stream.on('error', () => undefined);
}

function notify(text: string): void {
  try {
    surviveErrors(process.stderr);
    if (process.stderr.writableLength < MAX_WAITING_NOTICES) process.stderr.write(`${text}\n`);
  } catch {
    // There is nobody left to tell.
  }
}

function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as NodeJS.ErrnoException;
  return code ?? name ?? 'unknown';
}
