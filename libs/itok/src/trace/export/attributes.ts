import type { ReportedError, ReportedNote, ReportedSpan } from '../report.js';

/** Searchable attributes, named by OpenTelemetry's semantic conventions where these have a name. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Prefix for what the conventions do not name. */
const OURS = 'nestjs_internal_token';

const METHOD = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT|QUERY) \//;

/**
 * Attributes of a span. Who asked (user, tenant) stays in the log: a backend is another recipient.
 *
 * @param ahead milliseconds by which the span's clock is ahead, if its times were corrected
 */
export function spanAttributes(span: ReportedSpan, ahead?: number): Attributes {
  const { op, route, status, peer, db, token, caller, err, failed } = span;
  const method = METHOD.exec(op)?.[1];
  return defined({
    'http.request.method': method,
    'http.route': route,
    'http.response.status_code': typeof status === 'number' ? status : undefined,
    'peer.service': peer,
    'db.system.name': db === undefined ? undefined : peer,
    'db.operation.name': db,
    'error.type': err?.type ?? (failed ? failureType(span) : undefined),
    [`${OURS}.error_code`]: err?.code === undefined ? undefined : String(err.code),
    [`${OURS}.age_ms`]: token?.age,
    [`${OURS}.left_ms`]: token?.left,
    [`${OURS}.kid`]: token?.kid,
    [`${OURS}.verify_us`]: token?.verifyMicroseconds,
    [`${OURS}.caller`]: caller,
    [`${OURS}.unfinished`]: span.open,
    [`${OURS}.clock_ahead_ms`]: ahead,
  });
}

/** Attributes of a log line of application code, besides its message. */
export function noteAttributes({ level, context, err }: ReportedNote): Attributes {
  return { ...defined({ level, context }), ...(err !== undefined && exceptionAttributes(err)) };
}

export function exceptionAttributes({ type, message, stack }: ReportedError): Attributes {
  return defined({ 'exception.type': type, 'exception.message': message, 'exception.stacktrace': stack });
}

/** Why a span counts as failed, in one line. */
export function failureOf({ err, status }: ReportedSpan): string {
  if (err !== undefined) return err.message === '' ? err.type : `${err.type}: ${err.message}`;
  return typeof status === 'number' ? `HTTP status ${status}` : 'failed';
}

/** `_OTHER` is the conventions' value for an unknown type. */
function failureType({ status }: ReportedSpan): string {
  return typeof status === 'number' ? String(status) : '_OTHER';
}

/** Leaves out absent values and values that no format can carry; replaces lone surrogates. */
function defined(values: Record<string, string | number | boolean | undefined>): Attributes {
  const kept = Object.entries(values).flatMap(([name, value]) => {
    if (value === undefined || (typeof value === 'number' && !Number.isFinite(value))) return [];
    return [[name, typeof value === 'string' ? value.toWellFormed() : value] as const];
  });
  return Object.fromEntries(kept);
}
