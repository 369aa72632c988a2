import { CLIENT_CLOSED_REQUEST, type Span, type SpanRecord, type VerifiedClaims } from '../nest/index.js';
import { roundToMicroseconds } from './clock.js';
import type { LineLevel, RequestFields, SpanFields } from './log-line.js';
import { describeError, isError, sanitizeText } from './sanitize.js';

/** What of the user may stand on end lines. */
export type IdentityField = 'sub' | 'tenant';

/**
 * What the library itself logs about a span. An instance is the only thing whose members become members of the line;
 * application code cannot make one, so it can neither forge nor overwrite them.
 */
export class SpanLine {
  readonly #made = true;

  /** True for instances only, whatever prototype a value claims to have. */
  static is(value: unknown): value is SpanLine {
    return typeof value === 'object' && value !== null && #made in value && value.#made;
  }

  constructor(
    readonly msg: string,
    readonly level: LineLevel,
    readonly service: string,
    readonly ids: RequestFields,
    readonly fields: SpanFields,
    /** Epoch milliseconds; by default the moment of writing. */
    readonly time?: number,
  ) {}

  /** For loggers of other makes: one flat object. */
  toJSON(): object {
    return { msg: this.msg, service: this.service, ...this.ids, ...this.fields };
  }
}

interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string | undefined;
}

/**
 * The line of a span that has ended. Failures of this side are errors; refusals and bad requests are not.
 *
 * @param time when it ended, in epoch milliseconds; default: what the record itself says
 * @param quietRoutes whose requests are told at debug level, unless they fail
 */
export function endLine(
  record: SpanRecord,
  identity: readonly IdentityField[] = [],
  time = record.startedAt + record.durationMs,
  quietRoutes: ReadonlySet<string> = new Set(),
): SpanLine {
  const { status, error, token, claims, caller, callerTraceId } = record;
  const fields: SpanFields = { ev: 'end', ...describe(record), dur: roundToMicroseconds(record.durationMs), status };
  const found = levelOf(record);
  const level = found !== 'error' && quietRoutes.has(record.route ?? '') ? 'debug' : found;
  if (error !== undefined) {
    // Where a refusal was thrown helps nobody.
    fields.err = isError(error) ? describeError(error, level === 'error') : { type: 'Error', message: thrown(error) };
  }
  if (token !== undefined) {
    fields.tok = { age_ms: token.ageMs, ttl_ms: token.ttlMs, kid: sanitizeText(token.kid, 128) };
    if (token.verifyUs !== undefined) fields.tok.verify_us = token.verifyUs;
  }
  if (caller !== undefined && record.kind === 'server') fields.caller = sanitizeText(caller, 256);
  if (callerTraceId !== undefined) fields.caller_trace_id = sanitizeText(callerTraceId, 64);
  const ids = { ...idsOf(record), ...(record.kind === 'server' && identityOf(claims, identity)) };
  return new SpanLine(fields.op ?? '', level, record.service, ids, fields, time);
}

/**
 * The line of a span that has begun, or is still open after `dur` milliseconds.
 * @param time when that was so, in epoch milliseconds
 */
export function openLine(ev: 'start' | 'inflight', span: Span, time: number, dur?: number): SpanLine {
  const fields: SpanFields = { ev, ...describe(span) };
  if (dur !== undefined) fields.dur = roundToMicroseconds(dur);
  return new SpanLine(fields.op ?? '', ev === 'start' ? 'debug' : 'warn', span.service, idsOf(span), fields, time);
}

/** Says of a request that some of its lines are not there, and why. */
export function missingLine(where: SpanIds & Pick<SpanRecord, 'service'>, count: number): SpanLine {
  const msg = `${count} span lines of this request are missing: more than sampling holds back`;
  return new SpanLine(msg, 'warn', where.service, idsOf(where), {});
}

/** The span failed on this side, or was not ready: whatever its end line is more than an `info` for. */
export function isFailure(record: SpanRecord): boolean {
  return levelOf(record) !== 'info';
}

/** Who asked, as far as configured. */
function identityOf(claims: VerifiedClaims | undefined, wanted: readonly IdentityField[]): RequestFields {
  const identity: RequestFields = {};
  if (claims === undefined) return identity;
  if (wanted.includes('sub')) identity.sub = sanitizeText(claims.userId, 256);
  if (wanted.includes('tenant') && claims.tenantId !== undefined) identity.tenant = sanitizeText(claims.tenantId, 256);
  return identity;
}

function idsOf({ traceId, spanId, parentSpanId }: SpanIds): RequestFields {
  const ids: RequestFields = { txn: traceId, trace_id: traceId, span_id: spanId };
  if (parentSpanId !== undefined) ids.parent_span_id = parentSpanId;
  return ids;
}

interface SpanFacts extends Pick<SpanRecord, 'kind' | 'op'> {
  readonly peer?: string | undefined;
  readonly propagated?: boolean | undefined;
  readonly route?: string | undefined;
  readonly db?: string | undefined;
}

function describe({ kind, op, peer, propagated, route, db }: SpanFacts): SpanFields {
  const fields: SpanFields = { kind, op: sanitizeText(op, 256) };
  if (peer !== undefined) fields.peer = sanitizeText(peer, 256);
  if (propagated) fields.propagated = true;
  if (route !== undefined) fields.route = sanitizeText(route, 256);
  // A kind is a word; whoever gives a statement's text instead has it left out.
  if (db !== undefined) fields.db = /^[a-z]{1,32}$/.test(db) ? db : 'other';
  return fields;
}

/** The one 5xx that is the client's doing. */
const VERSION_NOT_SUPPORTED = 505;

function levelOf({ status, error }: SpanRecord): LineLevel {
  const answered = typeof status === 'number';
  const outcome = answered && !isBrokenOff(status, error) ? status : statusOf(error);
  // Not to be ready is a state, and no defect.
  if (outcome === 503 && (error === undefined || codeOf(error) === 'txn_keys_not_ready')) return 'warn';
  if (outcome !== undefined) return outcome >= 500 && outcome !== VERSION_NOT_SUPPORTED ? 'error' : 'info';
  return answered || status === 'error' ? 'error' : 'info';
}

/**
 * An answer that began well and never came to its end, or none at all before the connection closed: its status says
 * nothing of what failed here, unless nobody wanted the rest.
 */
function isBrokenOff(status: number, error: unknown): boolean {
  const told = status >= 400 && status !== CLIENT_CLOSED_REQUEST;
  return !told && error !== undefined && !(isError(error) && error.name === 'AbortError');
}

/** A domain's refusal crosses a port as an error with the status that an HTTP answer would have. */
function statusOf(error: unknown): number | undefined {
  return isError(error) ? describeError(error, false).status : undefined;
}

function codeOf(error: unknown): unknown {
  return isError(error) ? describeError(error, false).code : undefined;
}

function thrown(value: unknown): string {
  return typeof value === 'string' ? sanitizeText(value) : `${typeof value} was thrown`;
}
