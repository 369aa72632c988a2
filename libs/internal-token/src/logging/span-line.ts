import { CLIENT_CLOSED_REQUEST, type Span, type SpanRecord, type VerifiedClaims } from '../nest/index.js';
import { roundToMicroseconds } from './clock.js';
import type { LineLevel, RequestFields, SpanFields } from './log-line.js';
import { describeError, isError, sanitizeName, sanitizeText } from './sanitize.js';

const NO_ROUTES: ReadonlySet<string> = new Set();

/** The facts about the user that may be on end lines. */
export type IdentityField = 'sub' | 'tenant';

/**
 * What the library itself logs about a span. Only the members of an instance become members of the line. Application
 * code cannot create one, so it can neither forge nor overwrite them.
 */
export class SpanLine {
  readonly #made = true;

  /** True only for real instances, whatever prototype a value has. */
  static is(value: unknown): value is SpanLine {
    return typeof value === 'object' && value !== null && #made in value && value.#made;
  }

  constructor(
    readonly msg: string,
    readonly level: LineLevel,
    readonly service: string,
    readonly ids: RequestFields,
    readonly fields: SpanFields,
    /** Epoch milliseconds. Default: the time of writing. */
    readonly time?: number,
  ) {}

  /** One flat object, for other loggers. */
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
 * The line of a span that has ended. Our own failures have the level `error`; refusals and bad requests do not.
 *
 * @param time when it ended, in epoch milliseconds; default: computed from the record
 * @param quietRoutes routes whose requests are logged at debug level unless they fail
 */
export function endLine(
  record: SpanRecord,
  identity: readonly IdentityField[] = [],
  time = record.startedAt + record.durationMs,
  quietRoutes: ReadonlySet<string> = NO_ROUTES,
): SpanLine {
  const { kind, route, status, error, token, claims, caller, callerTraceId } = record;
  const fields = fieldsOf('end', record);
  fields.dur = roundToMicroseconds(record.durationMs);
  fields.status = status;
  const found = levelOf(record);
  const level = found !== 'error' && route !== undefined && quietRoutes.has(route) ? 'debug' : found;
  if (error !== undefined) {
    // The stack of a refusal is useless.
    fields.err = isError(error) ? describeError(error, level === 'error') : { type: 'Error', message: thrown(error) };
  }
  if (token !== undefined) {
    fields.tok = { age_ms: token.ageMs, ttl_ms: token.ttlMs, kid: sanitizeName(token.kid) };
    if (token.verifyUs !== undefined) fields.tok.verify_us = token.verifyUs;
  }
  if (caller !== undefined && kind === 'server') fields.caller = sanitizeName(caller, 256);
  if (callerTraceId !== undefined) fields.caller_trace_id = sanitizeText(callerTraceId, 64);
  const ids = idsOf(record);
  if (claims !== undefined && kind === 'server') addIdentity(ids, claims, identity);
  return new SpanLine(fields.op, level, record.service, ids, fields, time);
}

/**
 * The line of a span that has begun, or is still open after `dur` milliseconds.
 * @param time of the line, in epoch milliseconds
 */
export function openLine(ev: 'start' | 'inflight', span: Span, time: number, dur?: number): SpanLine {
  const fields = fieldsOf(ev, span);
  if (dur !== undefined) fields.dur = roundToMicroseconds(dur);
  return new SpanLine(fields.op, ev === 'start' ? 'debug' : 'warn', span.service, idsOf(span), fields, time);
}

/** Says that some lines of a request are missing, and why. */
export function missingLine(where: SpanIds & Pick<SpanRecord, 'service'>, count: number): SpanLine {
  const msg = `${count} span lines of this request are missing: sampling could not keep them`;
  return new SpanLine(msg, 'warn', where.service, idsOf(where), {});
}

/** True if the end line has a higher level than `info`: our own failure, or a process that was not ready. */
export function isFailure(record: SpanRecord): boolean {
  return levelOf(record) !== 'info';
}

/** Adds the configured facts about the user. */
function addIdentity(ids: RequestFields, { userId, tenantId }: VerifiedClaims, wanted: readonly IdentityField[]): void {
  if (wanted.includes('sub')) ids.sub = sanitizeText(userId, 256);
  if (wanted.includes('tenant') && tenantId !== undefined) ids.tenant = sanitizeText(tenantId, 256);
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

function fieldsOf(ev: 'start' | 'inflight' | 'end', span: SpanFacts): SpanFields & { op: string } {
  const { kind, peer, propagated, route, db } = span;
  const fields: SpanFields & { op: string } = { ev, kind, op: sanitizeName(span.op, 256) };
  if (peer !== undefined) fields.peer = sanitizeName(peer, 256);
  if (propagated) fields.propagated = true;
  if (route !== undefined) fields.route = sanitizeName(route, 256);
  // A kind is one word. The text of a statement, given by mistake, must not be logged.
  if (db !== undefined) fields.db = /^[a-z]{1,32}$/.test(db) ? db : 'other';
  return fields;
}

/** The only 5xx that the client causes. */
const VERSION_NOT_SUPPORTED = 505;

function levelOf({ status, error }: SpanRecord): LineLevel {
  const answered = typeof status === 'number';
  const outcome = answered && !isBrokenOff(status, error) ? status : statusOf(error);
  // Not being ready is a state, not a defect.
  if (outcome === 503 && (error === undefined || codeOf(error) === 'txn_keys_not_ready')) return 'warn';
  if (outcome !== undefined) return outcome >= 500 && outcome !== VERSION_NOT_SUPPORTED ? 'error' : 'info';
  return answered || status === 'error' ? 'error' : 'info';
}

/**
 * True for an answer that began successfully but was not completed, or for none at all before the connection closed:
 * its status does not tell what failed. False if the client aborted it.
 */
function isBrokenOff(status: number, error: unknown): boolean {
  const told = status >= 400 && status !== CLIENT_CLOSED_REQUEST;
  return !told && error !== undefined && !(isError(error) && error.name === 'AbortError');
}

/** A refusal by a domain crosses a port as an error that has the status of the HTTP answer. */
function statusOf(error: unknown): number | undefined {
  return isError(error) ? describeError(error, false).status : undefined;
}

function codeOf(error: unknown): unknown {
  return isError(error) ? describeError(error, false).code : undefined;
}

function thrown(value: unknown): string {
  return typeof value === 'string' ? sanitizeText(value) : `${typeof value} was thrown`;
}
