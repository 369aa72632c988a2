import { type Line, sizeOf } from './line.js';
import type { RequestSummary } from './live.js';
import type { TraceReport } from './report.js';
import { reportTrace, type TraceOptions } from './report-trace.js';
import { isFailed } from './span.js';

export interface RecentRequestsOptions {
  /** Requests to remember; the one that has been quiet longest is forgotten first. Default 500. */
  readonly maxRequests?: number;
  /** Lines of all requests together. Default 100,000. */
  readonly maxLines?: number;
  /** Characters of these lines. Default 50 million. */
  readonly maxCharacters?: number;
  /**
   * Called for each request as it ends, and earlier for one that stays open for long (`unfinished`). Lines of other
   * processes may still arrive after that.
   */
  readonly onRequest?: (request: RequestSummary) => void;
}

interface RecentRequest {
  readonly lines: Line[];
  characters: number;
  /** The time of its last line. */
  latest: number;
}

/** The last requests of a log that is still being written. */
export class RecentRequests {
  readonly #requests = new Map<string, RecentRequest>();
  readonly #maxRequests: number;
  readonly #maxLines: number;
  readonly #maxCharacters: number;
  readonly #onRequest: (request: RequestSummary) => void;
  #lines = 0;
  #characters = 0;
  /** Files are read one after the other: lines of requests that one file displaced must not come back from the next. */
  #forgottenUntil = -Infinity;

  constructor(options: RecentRequestsOptions = {}) {
    const { maxRequests = 500, maxLines = 100_000, maxCharacters = 50e6, onRequest = () => undefined } = options;
    this.#maxRequests = maxRequests;
    this.#maxLines = maxLines;
    this.#maxCharacters = maxCharacters;
    this.#onRequest = onRequest;
  }

  add(line: Line): void {
    let request = this.#requests.get(line.txn);
    if (request === undefined) {
      const latest = momentOf(line);
      if (latest < this.#forgottenUntil) return;
      this.#requests.set(line.txn, (request = { lines: [], characters: 0, latest }));
    }
    request.lines.push(line);
    request.latest = Math.max(request.latest, line.time);
    this.#lines++;
    const characters = sizeOf(line);
    request.characters += characters;
    this.#characters += characters;
    this.#forget();
    if (isOfRequest(line) && (line.ev === 'end' || !request.lines.some(isWhole))) this.#onRequest(summaryOf(line));
  }

  /** The requests of these lines that have ended or stay open for long, in the order of the lines. */
  summaries(): RequestSummary[] {
    const told = [...this.#requests.values()].flatMap(
      ({ lines }) => lines.find(isWhole) ?? lines.findLast(isOfRequest) ?? [],
    );
    return told.toSorted((a, b) => a.time - b.time).map(summaryOf);
  }

  lines(txn: string): readonly Line[] {
    return this.#requests.get(txn)?.lines ?? [];
  }

  /** @returns undefined if it is unknown or forgotten */
  trace(txn: string, options?: TraceOptions): TraceReport | undefined {
    return reportTrace(txn, this.lines(txn), options);
  }

  *[Symbol.iterator](): Generator<Line> {
    for (const { lines } of this.#requests.values()) yield* lines;
  }

  #forget(): void {
    while (
      this.#requests.size > this.#maxRequests ||
      this.#lines > this.#maxLines ||
      this.#characters > this.#maxCharacters
    ) {
      let quietest: [string, RecentRequest] | undefined;
      for (const entry of this.#requests) if (!(quietest && quietest[1].latest <= entry[1].latest)) quietest = entry;
      if (quietest === undefined) return;
      const [txn, { lines, characters, latest }] = quietest;
      this.#requests.delete(txn);
      this.#lines -= lines.length;
      this.#characters -= characters;
      this.#forgottenUntil = Math.max(this.#forgottenUntil, latest);
    }
  }
}

/** How far a process' clock may be behind that of the process that made the id. */
const BEHIND_MS = 86_400_000;

/**
 * The earliest time a line can have been written: the ids of this library begin with the time they were made (UUIDv7),
 * and the clock of the process may be behind. Other ids do not contain a time near the line's.
 */
function momentOf({ txn, time }: Line): number {
  const made = Number.parseInt(txn.slice(0, 12), 16);
  return made > time && made - time < BEHIND_MS ? made : time;
}

/** The end of a request as a whole: the span has no caller. */
export function isWhole(line: Line): boolean {
  return line.ev === 'end' && isOfRequest(line);
}

/** The end of a request as a whole, or the event that it stays open for long. */
function isOfRequest({ ev, kind, parentSpanId }: Line): boolean {
  return (
    (ev === 'end' || ev === 'inflight') && (kind === 'server' || kind === 'consumer') && parentSpanId === undefined
  );
}

export function summaryOf(line: Line): RequestSummary {
  const { txn, time, dur = 0, op, msg, service, status, tenant } = line;
  return {
    txn,
    startedAt: time - dur,
    duration: dur,
    op: op ?? msg,
    service,
    ...(status !== undefined && { status }),
    failed: isFailed({ line }),
    unfinished: line.ev !== 'end',
    ...(tenant !== undefined && { tenant }),
  };
}
