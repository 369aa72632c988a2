import type { Outcome, ReportedError, ReportedKind } from './report.js';

/**
 * A line of a log that belongs to a request, in the words of the log contract (docs/reference/log-line.md). Lines come
 * from outside: whatever had another form was left out of it.
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
  /** What happened to the span; absent on lines of application code. */
  readonly ev?: 'start' | 'inflight' | 'end';
  readonly kind?: ReportedKind;
  readonly op?: string;
  /** Milliseconds by a monotonic clock. */
  readonly dur?: number;
  readonly status?: Outcome;
  readonly err?: ReportedError;
  readonly peer?: string;
  /** The internal token went along. */
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
  /** Sampling would have dropped the request; it was kept because it failed or was slow. */
  readonly kept?: 'error' | 'slow';
}

/** A line in the making. */
export type LineDraft = { -readonly [Member in keyof Line]: Line[Member] };

/** Characters that it holds, by which its memory grows; some 300 bytes come on top. */
export function sizeOf(line: Line): number {
  let size = (line.err?.message.length ?? 0) + (line.err?.stack?.length ?? 0);
  for (const value of Object.values(line)) if (typeof value === 'string') size += value.length;
  return size;
}
