import type { Kept } from './log-line.js';
import type { SpanLine } from './span-line.js';

/** A line that is made when it is written, which for most never comes. */
export type LineMaker = () => SpanLine;

/** This process' part of a request: a span that nothing here surrounds, and all that open inside it. */
export class RequestPart {
  /** Spans that have begun and not ended. */
  open = 0;
  /** Why its lines are written; undefined as long as they are held back. */
  kept: Kept | undefined;
  /** Lines that there was no room for. */
  missing = 0;
  readonly lines: LineMaker[] = [];
}

export interface SpanLineBufferLimits {
  /** Lines of one request's part. Default 256. */
  readonly perRequest?: number;
  /** Lines of all together. Default 20,000. */
  readonly total?: number;
}

/** The lines of requests that sampling leaves out, until it is known whether these failed or were slow. */
export class SpanLineBuffer {
  readonly #perRequest: number;
  readonly #total: number;
  #held = 0;

  constructor({ perRequest = 256, total = 20_000 }: SpanLineBufferLimits = {}) {
    this.#perRequest = perRequest;
    this.#total = total;
  }

  /** How many are held. */
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

  /** Holds them no longer, whatever becomes of them. */
  take(part: RequestPart): readonly LineMaker[] {
    if (part.lines.length === 0) return part.lines;
    const lines = part.lines.splice(0);
    this.#held -= lines.length;
    return lines;
  }
}
