import type { Line } from './line.js';
import type { RequestSummary } from './live.js';
import type { TraceReport } from './report.js';
import { reportTrace, type TraceOptions } from './report-trace.js';

export interface RecentRequestsOptions {
  /** Requests that are remembered; the one that has been quiet for longest is forgotten first. Default 500. */
  readonly maxRequests?: number;
  /** Lines of all of them together. Default 100,000. */
  readonly maxLines?: number;
  /** Hears of each request as it ends; lines of other processes may still be on their way then. */
  readonly onEnd?: (request: RequestSummary) => void;
}

/** The last requests of a log that is still being written. */
export class RecentRequests {
  /** In the order of their last lines. */
  readonly #requests = new Map<string, Line[]>();
  readonly #maxRequests: number;
  readonly #maxLines: number;
  readonly #onEnd: (request: RequestSummary) => void;
  #lines = 0;

  constructor({ maxRequests = 500, maxLines = 100_000, onEnd = () => undefined }: RecentRequestsOptions = {}) {
    this.#maxRequests = maxRequests;
    this.#maxLines = maxLines;
    this.#onEnd = onEnd;
  }

  add(line: Line): void {
    const lines = this.#requests.get(line.txn) ?? [];
    lines.push(line);
    this.#requests.delete(line.txn);
    this.#requests.set(line.txn, lines);
    this.#lines++;
    this.#forget();
    if (isWhole(line)) this.#onEnd(summaryOf(line));
  }

  /** Those that have ended, the first to end first. */
  ended(): RequestSummary[] {
    const ends = [...this.#requests.values()].flatMap((lines) => lines.find(isWhole) ?? []);
    return ends.toSorted((a, b) => a.time - b.time).map(summaryOf);
  }

  lines(txn: string): readonly Line[] {
    return this.#requests.get(txn) ?? [];
  }

  /** @returns undefined if it is not known, or no more */
  trace(txn: string, options?: TraceOptions): TraceReport | undefined {
    return reportTrace(txn, this.lines(txn), options);
  }

  *[Symbol.iterator](): Generator<Line> {
    for (const lines of this.#requests.values()) yield* lines;
  }

  #forget(): void {
    for (const [txn, lines] of this.#requests) {
      if (this.#requests.size <= this.#maxRequests && this.#lines <= this.#maxLines) return;
      this.#requests.delete(txn);
      this.#lines -= lines.length;
    }
  }
}

/** The end of a request as a whole: nobody inside has called it. */
export function isWhole({ ev, kind, parentSpanId }: Line): boolean {
  return ev === 'end' && (kind === 'server' || kind === 'consumer') && parentSpanId === undefined;
}

export function summaryOf(line: Line): RequestSummary {
  const { txn, time, dur = 0, op, msg, service, status, level, tenant } = line;
  return {
    txn,
    startedAt: time - dur,
    duration: dur,
    op: op ?? msg,
    service,
    ...(status !== undefined && { status }),
    failed: level === 'error' || level === 'fatal',
    unfinished: false,
    ...(tenant !== undefined && { tenant }),
  };
}
