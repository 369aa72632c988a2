import type { Outcome, ReportedError, ReportedKind } from './report.js';

/**
 * A log line of a request, with the members of the log contract (docs/reference/log-line.md). Lines are external input:
 * members of another form were left out.
 */
export interface Line {
  /** Epoch milliseconds with decimals. */
  readonly time: number;
  readonly level: string;
  readonly msg: string;
  readonly service: string;
  readonly instance: string;
  readonly txn: string;
  readonly spanId?: string;
  readonly parentSpanId?: string;
  readonly context?: string;
  /** The event of the span; absent on lines of application code. */
  readonly ev?: 'start' | 'inflight' | 'end';
  readonly kind?: ReportedKind;
  readonly op?: string;
  /** Milliseconds, from a monotonic clock. */
  readonly dur?: number;
  readonly status?: Outcome;
  readonly err?: ReportedError;
  readonly peer?: string;
  /** The internal token was sent along. */
  readonly propagated?: true;
  readonly route?: string;
  readonly db?: string;
  readonly tok?: {
    readonly ageMs: number;
    readonly ttlMs: number;
    readonly kid?: string;
    readonly verifyUs?: number;
  };
  readonly caller?: string;
  readonly user?: string;
  readonly tenant?: string;
  /** The request was not in the sample, but kept because it failed or was slow. */
  readonly kept?: 'error' | 'slow';
}

/** A line under construction. */
export type LineDraft = { -readonly [Member in keyof Line]: Line[Member] };

/** Characters a line holds, for memory bounds; about 300 bytes come on top. */
export function sizeOf(line: Line): number {
  let size = (line.err?.message.length ?? 0) + (line.err?.stack?.length ?? 0);
  for (const value of Object.values(line)) if (typeof value === 'string') size += value.length;
  return size;
}
