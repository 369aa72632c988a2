import type { ErrorFields, Json } from './sanitize.js';

/** The level of a line; Nest's `log` is `info`, its `verbose` is `trace`. */
export type LineLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** Why the lines of a request were written although sampling leaves it out. */
export type Kept = 'error' | 'slow';

/** The internal token at the arrival of a request. */
interface TokenFields {
  age_ms: number;
  ttl_ms: number;
  kid: string;
  verify_us?: number;
}

/** What a line says about a span, apart from the ids. */
export interface SpanFields {
  /** `end` when it has ended, `inflight` when it has been open for long, `start` at debug level. */
  ev?: 'start' | 'inflight' | 'end';
  kind?: 'server' | 'client' | 'internal' | 'producer' | 'consumer';
  /** The operation: the same name before and after a module moves to a process of its own. */
  op?: string;
  /** Milliseconds on a monotonic clock; for an open span, until now. */
  dur?: number;
  /** The HTTP status of a server span and of an answered call; the outcome of all other spans. */
  status?: number | 'ok' | 'error';
  err?: ErrorFields;
  /** The service that is called. */
  peer?: string;
  propagated?: true;
  /** The pattern of the route, never the path. */
  route?: string;
  /** For database work: the kind of the statement, such as `select`, or `transaction`. */
  db?: string;
  /** Present if sampling leaves this request out and it is written because it failed or was slow. */
  kept?: Kept;
  tok?: TokenFields;
  /** The process that sent the request, if it was authenticated. */
  caller?: string;
  /** The trace of a trusted outside caller. */
  caller_trace_id?: string;
}

/** The request and its user; absent outside requests. */
export interface RequestFields {
  /** The id of the internal token, which is also that of the request and of the trace. */
  txn?: string;
  /** Equal to `txn`, under OpenTelemetry's name for it in logs. */
  trace_id?: string;
  span_id?: string;
  parent_span_id?: string;
  /** The user and the tenant, only if configured. */
  sub?: string;
  tenant?: string;
}

/** One line of the log; `log-line.schema.json` describes it for other programs. */
export interface LogLine extends RequestFields, SpanFields {
  /** Epoch milliseconds, microseconds as decimals. */
  time: number;
  level: LineLevel;
  msg: string;
  /** The domain whose code runs; outside spans, the name of the process. */
  service: string;
  /** The process. */
  instance: string;
  /** The class that logs. */
  context?: string;
  /** Everything that application code added; it is nowhere else on the line. */
  params?: { [member: string]: Json };
}

// Characters that JSON allows but that move the cursor, reverse text or end a line in some readers.
const UNPRINTABLE = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/**
 * The line as JSON in printable characters, without a line break at its end. Member by member: `JSON.stringify` and a
 * search for unprintable characters would take twice as long.
 *
 * @param ids has the ids, if `line` has not
 * @param more has the other members, if `line` has not
 */
export function stringifyLine(line: LogLine, ids: RequestFields = line, more: Partial<LogLine> = line): string {
  return (
    `{"time":${line.time}` +
    text('level', line.level) +
    text('msg', line.msg) +
    text('service', line.service) +
    text('instance', line.instance) +
    text('txn', ids.txn) +
    text('trace_id', ids.trace_id) +
    text('span_id', ids.span_id) +
    text('parent_span_id', ids.parent_span_id) +
    text('sub', ids.sub) +
    text('tenant', ids.tenant) +
    text('ev', more.ev) +
    text('kind', more.kind) +
    text('op', more.op) +
    text('peer', more.peer) +
    value('propagated', more.propagated) +
    text('route', more.route) +
    text('db', more.db) +
    value('dur', more.dur) +
    (typeof more.status === 'number' ? value('status', more.status) : text('status', more.status)) +
    text('context', more.context) +
    json('err', more.err) +
    token(more.tok) +
    text('caller', more.caller) +
    text('caller_trace_id', more.caller_trace_id) +
    text('kept', more.kept) +
    json('params', more.params) +
    '}'
  );
}

// Members that are undefined are left out.

function text(name: keyof LogLine, content: string | undefined): string {
  return content === undefined ? '' : `,"${name}":${quote(content)}`;
}

function value(name: keyof LogLine | 'verify_us', content: number | boolean | undefined): string {
  return content === undefined ? '' : `,"${name}":${content}`;
}

function json(name: keyof LogLine, content: object | undefined): string {
  return content === undefined ? '' : `,"${name}":${escapeUnprintable(JSON.stringify(content))}`;
}

function token(tok: TokenFields | undefined): string {
  if (tok === undefined) return '';
  const { age_ms, ttl_ms, kid, verify_us } = tok;
  return `,"tok":{"age_ms":${age_ms},"ttl_ms":${ttl_ms},"kid":${quote(kid)}${value('verify_us', verify_us)}}`;
}

/** Everything but printable ASCII without `"` and `\`. */
const NOT_PLAIN = /[^ !#-[\]-~]/;

function quote(content: string): string {
  return NOT_PLAIN.test(content) ? escapeUnprintable(JSON.stringify(content)) : `"${content}"`;
}

/** Escapes the unprintable characters that JSON leaves as they are. */
export function escapeUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
