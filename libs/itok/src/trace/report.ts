/*
 * The analysis as plain data: `itok … --json` prints it, the pages draw it, exports convert it.
 * Times are milliseconds with decimals; `offset` counts from the beginning of the trace.
 */

/** The outcome of a span or a call: an HTTP status, or whether it succeeded. */
export type Outcome = number | 'ok' | 'error';

export type ReportedKind = 'server' | 'client' | 'internal' | 'producer' | 'consumer';

export interface ReportedError {
  readonly type: string;
  readonly message: string;
  readonly code?: string | number;
  /** The HTTP status that the error maps to. */
  readonly status?: number;
  readonly stack?: string;
}

/** A log line of application code. */
export interface ReportedNote {
  readonly offset: number;
  readonly level: string;
  readonly msg: string;
  readonly service: string;
  readonly context?: string;
  readonly err?: ReportedError;
}

export interface ReportedSpan {
  readonly id: string;
  /** The span it is shown under; absent for roots. */
  readonly parent?: string;
  /** The parent that its line names, if that parent left no line. */
  readonly missingParent?: string;
  /** For a call, the span of the process that answered it. */
  readonly answeredBy?: string;
  /** It outlived its parent, which did not wait for it, so it does not reduce the parent's own time. */
  readonly detached?: true;
  /** 0 for roots. */
  readonly depth: number;
  readonly service: string;
  readonly instance: string;
  readonly kind: ReportedKind;
  readonly op: string;
  readonly offset: number;
  readonly duration: number;
  /** The part of `duration` that no awaited child covers. */
  readonly self: number;
  /** The part of the root's duration spent in this span's own work on the critical path. */
  readonly critical: number;
  /** No end line: it lasts until its caller's end, or until its last known time. */
  readonly open?: true;
  readonly status?: Outcome;
  readonly failed: boolean;
  readonly err?: ReportedError;
  readonly peer?: string;
  readonly route?: string;
  /** For database work, the kind of statement, such as `select`. */
  readonly db?: string;
  /** The internal token when the request arrived here. */
  readonly token?: {
    readonly age: number;
    readonly left: number;
    readonly kid?: string;
    readonly verifyMicroseconds?: number;
  };
  readonly caller?: string;
  readonly notes: readonly ReportedNote[];
}

/** A piece of the critical path: the request waited for `span`. */
export interface CriticalPiece {
  readonly span: string;
  readonly from: number;
  readonly to: number;
}

/** A process whose clock disagrees with the root's. */
export interface ClockSkew {
  readonly service: string;
  readonly instance: string;
  /** Milliseconds by which its clock is ahead of the root's; subtracted from its times unless they are shown raw. */
  readonly ahead: number;
  /** Half the width of the interval that holds the true value, in milliseconds. */
  readonly uncertainty: number;
}

/** Something not shown: lines that are missing, or that conflict with others. */
export interface Gap {
  readonly kind: 'silent-callee' | 'silent-caller' | 'claimed-twice';
  /** The service that is not shown, if known. */
  readonly service?: string;
  /** The span that shows the gap. */
  readonly span: string;
  readonly offset: number;
  /** `no lines from inventory, called by orders at +12.0 ms` */
  readonly text: string;
}

/** One request. */
export interface TraceReport {
  readonly txn: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly duration: number;
  readonly op: string;
  readonly service: string;
  readonly status?: Outcome;
  readonly failed: boolean;
  /** Who asked, if the lines say so. */
  readonly tenant?: string;
  readonly user?: string;
  /** Some span has no end line. */
  readonly unfinished: boolean;
  /** The request was not in the sample; some service kept its own lines because it failed or was slow there. */
  readonly kept?: 'error' | 'slow';
  /** One sentence. */
  readonly verdict: string;
  /** Depth first, children by start. */
  readonly spans: readonly ReportedSpan[];
  /** Consecutive pieces that add up to `duration`. */
  readonly criticalPath: readonly CriticalPiece[];
  /** Ids of the failed spans, from the outermost to where the failure began. */
  readonly errorChain: readonly string[];
  readonly skews: readonly ClockSkew[];
  readonly gaps: readonly Gap[];
  /** Lines that name no span of this trace. */
  readonly strayNotes: readonly ReportedNote[];
  readonly services: readonly string[];
}

export interface Latencies {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** An operation of a service, over many requests. */
export interface OperationStats extends Latencies {
  readonly service: string;
  readonly op: string;
  readonly kind: ReportedKind;
  /** A statement or a transaction. */
  readonly database?: true;
  readonly count: number;
  readonly errors: number;
  readonly selfP99: number;
  /** The share of all requests' time that was this operation's own work on a critical path: 0 to 1. */
  readonly criticalShare: number;
}

/** Calls from one service to another. */
export interface EdgeStats extends Latencies {
  /** `client` for the callers of the gateway, `unknown` for callers and callees without lines and names. */
  readonly from: string;
  readonly to: string;
  /** A database, which writes no lines itself. */
  readonly database?: true;
  readonly count: number;
  readonly errors: number;
  /** Calls per second over the capture; 0 if it lasted less than one second. */
  readonly rate: number;
}

/** A bar of a histogram: durations from `from` up to `to`. */
export interface HistogramBar {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

export interface DurationHistogram {
  readonly service: string;
  readonly op: string;
  readonly bars: readonly HistogramBar[];
}

/** Many requests. */
export interface CaptureReport {
  readonly requests: number;
  readonly failed: number;
  /** Requests not in the sample, kept because they failed or were slow: they bias the numbers. */
  readonly kept: number;
  /**
   * Lines left out because their requests had to be summed up earlier. If half a million other requests were summed up
   * in between, such lines count as requests of their own instead.
   */
  readonly late: number;
  /** Epoch milliseconds: the first start and the last end of a span. */
  readonly from: number;
  readonly to: number;
  /** By share of the critical path, the largest first. */
  readonly operations: readonly OperationStats[];
  readonly edges: readonly EdgeStats[];
  /** Durations of whole requests, by the operation of their roots. */
  readonly histograms: readonly DurationHistogram[];
}

/** What was read, and what could not be. */
export interface ReadingReport {
  readonly lines: number;
  readonly bytes: number;
  /** Not JSON objects, or objects that are not log lines of this kind. */
  readonly broken: number;
  readonly files: number;
}

/** The data of the self-contained page. */
export interface PageReport {
  readonly trace: TraceReport;
  readonly capture: CaptureReport;
  readonly reading: ReadingReport;
}
