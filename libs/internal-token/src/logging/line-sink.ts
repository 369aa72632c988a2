import { writeSync } from 'node:fs';
import { Writable } from 'node:stream';

/** Takes lines. If it is a stream, the number of buffered bytes is bounded. */
export interface LineDestination {
  write(line: string): unknown;
}

/** Bytes that may be buffered for one destination. */
const MAX_WAITING_BYTES = 1_048_576;
/** Bytes of notices that may be buffered if standard error is not read either. */
const MAX_WAITING_NOTICES = 65_536;
/** How long the last line of a process waits for a full pipe: number of attempts, and milliseconds between them. */
const LAST_TRIES = 10;
const LAST_PAUSE_MS = 10;

const sinks = new WeakMap<LineDestination, LineSink>();
/** Marks streams that already have an error listener, whichever copy of this module added it. */
const SURVIVES = Symbol.for('nestjs-internal-token:survives-errors');

/**
 * Writes all lines. A destination that fails (a full disk, a reader that left) does not end the process and is tried
 * again with each line; for a slow reader at most {@link MAX_WAITING_BYTES} are buffered. Lost lines are counted, and
 * standard error reports once that lines are being lost, and later that they are written again and how many were lost.
 *
 * Each line is a write of its own. To join the lines of one turn of the event loop would save about a microsecond per
 * line on a busy process, and lose them when a signal ends it.
 */
export class LineSink {
  static #processEnds = false;

  readonly #destination: LineDestination;
  readonly #stream: (Writable & { readonly fd?: unknown }) | undefined;
  /** Lines since the destination last worked. */
  #lost = 0;
  /** True if the last line may have been written only in part, so that the next one must begin with a line break. */
  #broken = false;

  /** One sink per destination, so that a loss is reported once, even if several loggers write there. */
  static of(destination: LineDestination): LineSink {
    const sink = sinks.get(destination) ?? new LineSink(destination);
    sinks.set(destination, sink);
    return sink;
  }

  /** Lets `write` log the last line of a process, ahead of buffered lines, which would no longer be written. */
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
      // If nothing is buffered, a stream writes a line to a file, a terminal or a pipe with room synchronously.
      if (LineSink.#processEnds && typeof fd === 'number' && waiting > 0) return this.#writeNow(fd, line);
      const bytes = this.#encode(line);
      if (waiting > 0 && waiting + bytes.length > MAX_WAITING_BYTES) this.#lose('the reader does not keep up');
      else this.#stream.write(bytes, this.#written);
    } catch (error) {
      this.#written(error);
    }
  }

  #writeNow(fd: number, line: string): void {
    // The line before it may have been written only in part.
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
  // An error event without a listener would end the process. Each line gets its own error in the write callback.
  stream.on('error', () => undefined);
}

function notify(text: string): void {
  try {
    surviveErrors(process.stderr);
    if (process.stderr.writableLength < MAX_WAITING_NOTICES) process.stderr.write(`${text}\n`);
  } catch {
    // Standard error fails as well, so this cannot be reported.
  }
}

function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as NodeJS.ErrnoException;
  return code ?? name ?? 'unknown';
}
