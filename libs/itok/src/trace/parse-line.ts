import type { Line, LineDraft } from './line.js';
import type { Outcome, ReportedError, ReportedKind } from './report.js';
import { lineLevel } from './reading/line-level.js';
import { lineTime } from './reading/line-time.js';
import { idIn, isObject, type Members, nameIn, numberIn } from './reading/members.js';
import { MAX_MESSAGE, MAX_STACK, printable, printableBlock } from './reading/printable.js';
import { unwrap } from './reading/unwrap.js';

/**
 * Kinds of text lines: one about a request, or
 * - `broken`: not a JSON object, or one that lacks what its kind of line needs
 * - `unrelated`: well-formed, but not about a request
 */
export type ParsedLine = Line | 'broken' | 'unrelated';

/** Longest line, in bytes; loggers do not write longer ones. */
export const MAX_LINE = 1_048_576;
/** Longest plausible duration, in milliseconds: 30 years. */
const MAX_DURATION = 1e12;

const EVENTS = new Set<unknown>(['start', 'inflight', 'end']);
const KINDS = new Set<unknown>(['server', 'client', 'internal', 'producer', 'consumer']);

/**
 * Parses one log line as the contract defines it (docs/reference/log-line.md), or one that carries a trace id from pino
 * or OpenTelemetry's instrumentations, in any wrapping that container runtimes add. Never throws; texts of the result
 * are bounded and printable.
 */
export function parseLine(text: string): ParsedLine {
  if (text.length > MAX_LINE) return 'broken';
  const members = unwrap(text);
  if (members === undefined) return 'broken';
  const txn = idIn(members['txn'], 32) ?? idIn(members['trace_id'], 32);
  if (txn === undefined) return 'unrelated';
  const time = lineTime(members['time'] ?? members['timestamp']);
  if (time === undefined) return 'broken';
  const msg = members['msg'] ?? members['message'];
  const line: LineDraft = {
    time,
    level: lineLevel(members['level']),
    msg: typeof msg === 'string' ? printable(msg, MAX_MESSAGE) : '',
    service: nameIn(members['service']) ?? nameIn(members['name']) ?? 'unknown',
    instance: instanceIn(members),
    txn,
  };
  const spanId = idIn(members['span_id'], 16);
  if (spanId !== undefined) line.spanId = spanId;
  const parentSpanId = idIn(members['parent_span_id'], 16);
  if (parentSpanId !== undefined) line.parentSpanId = parentSpanId;
  addName(line, 'context', members['context']);
  const err = errorIn(members['err']);
  if (err !== undefined) line.err = err;
  if (members['ev'] === undefined) return line;
  // A later version of the contract may have more events; this one ignores them.
  if (typeof members['ev'] === 'string' && !EVENTS.has(members['ev'])) return 'unrelated';
  return addSpan(line, members) ? line : 'broken';
}

/** @returns whether the line has the members that a span line must have */
function addSpan(line: LineDraft, members: Members): boolean {
  const { ev, kind, op, dur, status, tok, kept } = members;
  const duration = numberIn(dur);
  const plausible = duration !== undefined && duration >= 0 && duration <= MAX_DURATION;
  if (!EVENTS.has(ev) || line.spanId === undefined || !(plausible || (ev !== 'end' && dur === undefined))) return false;
  line.ev = ev as NonNullable<Line['ev']>;
  line.kind = KINDS.has(kind) ? (kind as ReportedKind) : 'internal';
  line.op = nameIn(op) ?? line.msg;
  if (plausible) line.dur = duration;
  if (isOutcome(status)) line.status = status;
  addName(line, 'peer', members['peer']);
  if (members['propagated'] === true) line.propagated = true;
  addName(line, 'route', members['route']);
  addName(line, 'db', members['db']);
  addName(line, 'caller', members['caller']);
  addName(line, 'user', members['sub']);
  addName(line, 'tenant', members['tenant']);
  if (isObject(tok)) addToken(line, tok);
  if (kept === 'error' || kept === 'slow') line.kept = kept;
  return true;
}

function addToken(line: LineDraft, tok: Members): void {
  const ageMs = numberIn(tok['age_ms']);
  const ttlMs = numberIn(tok['ttl_ms']);
  if (ageMs === undefined || ttlMs === undefined) return;
  const kid = nameIn(tok['kid']);
  const verifyUs = numberIn(tok['verify_us']);
  line.tok = { ageMs, ttlMs, ...(kid !== undefined && { kid }), ...(verifyUs !== undefined && { verifyUs }) };
}

function addName(
  line: LineDraft,
  member: 'context' | 'peer' | 'route' | 'db' | 'caller' | 'user' | 'tenant',
  value: unknown,
): void {
  const name = nameIn(value);
  if (name !== undefined) line[member] = name;
}

function isOutcome(value: unknown): value is Outcome {
  if (value === 'ok' || value === 'error') return true;
  return typeof value === 'number' && Number.isInteger(value) && value >= 100 && value <= 999;
}

/** pino has separate members for process and host. */
function instanceIn(members: Members): string {
  const instance = nameIn(members['instance']);
  if (instance !== undefined) return instance;
  const host = nameIn(members['hostname']);
  const pid = numberIn(members['pid']);
  return [host, pid].filter((part) => part !== undefined).join('-') || 'unknown';
}

function errorIn(err: unknown): ReportedError | undefined {
  if (typeof err === 'string') return { type: 'Error', message: printable(err, MAX_MESSAGE) };
  if (!isObject(err)) return undefined;
  const { type, name, message, code, status, stack } = err;
  const number = numberIn(code) ?? nameIn(code);
  const httpStatus = numberIn(status);
  return {
    type: nameIn(type) ?? nameIn(name) ?? 'Error',
    message: typeof message === 'string' ? printable(message, MAX_MESSAGE) : '',
    ...(number !== undefined && { code: number }),
    ...(httpStatus !== undefined && { status: httpStatus }),
    ...(typeof stack === 'string' && { stack: printableBlock(stack, MAX_STACK) }),
  };
}
