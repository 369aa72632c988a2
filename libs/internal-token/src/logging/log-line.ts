import type { ErrorFields, Json } from './sanitize.js';

/** The level of a line; Nest's `log` is `info`, its `verbose` is `trace`. */
export type LineLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** Why the lines of a request that sampling leaves out were written all the same. */
export type Kept = 'error' | 'slow';

/** What a line says about a span, besides the ids. */
export interface SpanFields {
  /** `end` when it is over, `inflight` when it has been open for long, `start` at debug level. */
  ev?: 'start' | 'inflight' | 'end';
  kind?: 'server' | 'client' | 'internal' | 'producer' | 'consumer';
  /** The operation: the same name before and after a module moves to a process of its own. */
  op?: string;
  /** Milliseconds on a monotonic clock; of an open span, so far. */
  dur?: number;
  /** The HTTP status of a server span and of an answered call, the outcome of every other. */
  status?: number | 'ok' | 'error';
  err?: ErrorFields;
  /** Who is called. */
  peer?: string;
  propagated?: true;
  /** The route's pattern, never the path. */
  route?: string;
  /** Of database work: the statement's kind, such as `select`, or `transaction`. */
  db?: string;
  /** Sampling left this request out; it is here because it failed or was slow. */
  kept?: Kept;
  tok?: { age_ms?: number; ttl_ms?: number; kid?: string; verify_us?: number };
  /** The process that sent the request, where it was authenticated. */
  caller?: string;
  /** The trace of a trusted outside caller. */
  caller_trace_id?: string;
}

/** Who asks and in which request; absent outside requests. */
export interface RequestFields {
  /** The internal token's id, which is the request's and the trace's too. */
  txn?: string;
  /** Equal to `txn`, under the name that OpenTelemetry gives it in logs. */
  trace_id?: string;
  span_id?: string;
  parent_span_id?: string;
  /** The user and the tenant, only where configured. */
  sub?: string;
  tenant?: string;
}

/** One line of the log; `log-line.schema.json` says the same to other programs. */
export interface LogLine extends RequestFields, SpanFields {
  /** Epoch milliseconds, microseconds as decimals. */
  time: number;
  level: LineLevel;
  msg: string;
  /** The domain whose code runs; outside spans, the process's own name. */
  service: string;
  /** The process. */
  instance: string;
  /** The class that logs. */
  context?: string;
  /** Everything that application code added. It has no other place on the line. */
  params?: { [member: string]: Json };
}

// Characters that JSON allows but that move a cursor, turn text around or end a line in some reader.
const UNPRINTABLE = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** The line as one line of JSON without its line break, in printable characters. */
export function stringifyLine(line: LogLine): string {
  return escapeUnprintable(JSON.stringify(line));
}

/** @param text printable but for characters that JSON leaves as they are */
export function escapeUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
