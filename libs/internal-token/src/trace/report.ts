/*
 * What the analysis says, as plain data: `itok … --json` prints it, the pages draw it, exports translate it.
 * Times are milliseconds with decimals; `offset` counts from the beginning of the trace.
 */

/** How a span or a call came out: an HTTP status, or whether it worked. */
export type Outcome = number | 'ok' | 'error';

export type ReportedKind = 'server' | 'client' | 'internal' | 'producer' | 'consumer';

export interface ReportedError {
  readonly type: string;
  readonly message: string;
  readonly code?: string | number;
  /** The HTTP status that it stands for. */
  readonly status?: number;
  readonly stack?: string;
}

/** An ordinary line of application code. */
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
  /** The span that it is drawn under; absent for roots. */
  readonly parent?: string;
  /** The span that called it by what its line says, where that one has left no line. */
  readonly missingParent?: string;
  /** Of a call, the span of the process that answered it. */
  readonly answeredBy?: string;
  /** It outlived its parent, which did not wait for it: it takes nothing from that one's own time. */
  readonly detached?: true;
  /** 0 for roots. */
  readonly depth: number;
  readonly service: string;
  readonly instance: string;
  readonly kind: ReportedKind;
  readonly op: string;
  readonly offset: number;
  readonly duration: number;
  /** Of `duration`, what no child covers that it waited for. */
  readonly self: number;
  /** Of the root's duration, what was spent in this span's own work on the critical path. */
  readonly critical: number;
  /** No end line: it lasted until its caller's end, or as long as is known so far. */
  readonly open?: true;
  readonly status?: Outcome;
  readonly failed: boolean;
  readonly err?: ReportedError;
  readonly peer?: string;
  readonly route?: string;
  /** Of database work: the statement's kind, such as `select`. */
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

/** A piece of the critical path: `span` was what the request waited for. */
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
  /** The true value is within so many milliseconds of it. */
  readonly uncertainty: number;
}

/** Something that is not shown: lines that ought to be there and are not, or that have no place beside others. */
export interface Gap {
  readonly kind: 'silent-callee' | 'silent-caller' | 'claimed-twice';
  /** The service that is not shown, as far as it is known. */
  readonly service?: string;
  /** The span that tells of it. */
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
  /** Who asked, where the lines tell. */
  readonly tenant?: string;
  readonly user?: string;
  /** Some span has no end line. */
  readonly unfinished: boolean;
  /** The sample had left it out; some service kept its own lines, because it failed or was slow there. */
  readonly kept?: 'error' | 'slow';
  /** One sentence. */
  readonly verdict: string;
  /** Depth first, children by start. */
  readonly spans: readonly ReportedSpan[];
  /** Its pieces follow each other and add up to `duration`. */
  readonly criticalPath: readonly CriticalPiece[];
  /** Ids of failed spans, from the outermost to where it began. */
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
  /** Of all requests' time together, the share that was this operation's own work on a critical path: 0 to 1. */
  readonly criticalShare: number;
}

/** Calls of one service to another. */
export interface EdgeStats extends Latencies {
  /** `client` for whoever calls the gateway, `unknown` for callers and callees without lines and names. */
  readonly from: string;
  readonly to: string;
  /** A database; it writes no lines of its own. */
  readonly database?: true;
  readonly count: number;
  readonly errors: number;
  /** Calls a second over the capture; 0 where that lasted less than one. */
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
  /** Requests outside of the sample that were kept because they failed or were slow: the numbers lean towards them. */
  readonly kept: number;
  /**
   * Lines left out, because their requests had to be summed up before these came. Where half a million others were
   * summed up in between, such lines count as requests of their own instead.
   */
  readonly late: number;
  /** Epoch milliseconds: the first beginning and the last end of a span. */
  readonly from: number;
  readonly to: number;
  /** By share of the critical path, the largest first. */
  readonly operations: readonly OperationStats[];
  readonly edges: readonly EdgeStats[];
  /** Of whole requests, by the operation of their roots. */
  readonly histograms: readonly DurationHistogram[];
}

/** What was read, and what could not be. */
export interface ReadingReport {
  readonly lines: number;
  readonly bytes: number;
  /** No JSON objects, or objects that are no lines of this kind. */
  readonly broken: number;
  readonly files: number;
}

/** What the self-contained page shows. */
export interface PageReport {
  readonly trace: TraceReport;
  readonly capture: CaptureReport;
  readonly reading: ReadingReport;
}
