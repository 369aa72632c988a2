import type { ReportedError, ReportedNote, ReportedSpan } from '../report.js';

/** What a backend can search for. The names are those of OpenTelemetry's semantic conventions, where they have one. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Of what the conventions have no name for. */
const OURS = 'nestjs_internal_token';

const METHOD = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT|QUERY) \//;

/**
 * What a span says of itself. Who asked (user, tenant) stays in the log: a backend is another recipient.
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

/** What a line of application code says beside its message. */
export function noteAttributes({ level, context, err }: ReportedNote): Attributes {
  return { ...defined({ level, context }), ...(err !== undefined && exceptionAttributes(err)) };
}

export function exceptionAttributes({ type, message, stack }: ReportedError): Attributes {
  return defined({ 'exception.type': type, 'exception.message': message, 'exception.stacktrace': stack });
}

/** Why a span counts as failed, in a line. */
export function failureOf({ err, status }: ReportedSpan): string {
  if (err !== undefined) return err.message === '' ? err.type : `${err.type}: ${err.message}`;
  return typeof status === 'number' ? `HTTP status ${status}` : 'failed';
}

/** `_OTHER` is how the conventions say that nothing more is known. */
function failureType({ status }: ReportedSpan): string {
  return typeof status === 'number' ? String(status) : '_OTHER';
}

/** Leaves out what is not there and what no format can carry; replaces halves of characters. */
function defined(values: Record<string, string | number | boolean | undefined>): Attributes {
  const kept = Object.entries(values).flatMap(([name, value]) => {
    if (value === undefined || (typeof value === 'number' && !Number.isFinite(value))) return [];
    return [[name, typeof value === 'string' ? value.toWellFormed() : value] as const];
  });
  return Object.fromEntries(kept);
}
