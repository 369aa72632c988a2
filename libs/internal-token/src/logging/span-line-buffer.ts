import type { Kept } from './log-line.js';
import type { SpanLine } from './span-line.js';

/** Creates a line when it is written. Most lines that are held back never are. */
export type LineMaker = () => SpanLine;

/** The part of a request in this process: a span without a parent here, and all spans inside it. */
export class RequestPart {
  /** The number of open spans. */
  open = 0;
  /** Why its lines are written; undefined while they are held back. */
  kept: Kept | undefined;
  /** The number of lines that were dropped. */
  missing = 0;
  readonly lines: LineMaker[] = [];
}

export interface SpanLineBufferLimits {
  /** Lines per part of a request. Default 256. */
  readonly perRequest?: number;
  /** Lines of all requests together. Default 20,000. */
  readonly total?: number;
}

/** Holds the lines of requests that sampling leaves out, until it is known whether they failed or were slow. */
export class SpanLineBuffer {
  readonly #perRequest: number;
  readonly #total: number;
  #held = 0;

  constructor({ perRequest = 256, total = 20_000 }: SpanLineBufferLimits = {}) {
    this.#perRequest = perRequest;
    this.#total = total;
  }

  /** The number of lines that are held. */
  get size(): number {
    return this.#held;
  }

  hold(part: RequestPart, line: LineMaker): void {
    if (part.lines.length >= this.#perRequest || this.#held >= this.#total) {
      part.missing++;
      return;
    }
    part.lines.push(line);
    this.#held++;
  }

  /** Removes the lines of a part from the buffer and returns them. */
  take(part: RequestPart): readonly LineMaker[] {
    if (part.lines.length === 0) return part.lines;
    const lines = part.lines.splice(0);
    this.#held -= lines.length;
    return lines;
  }
}
