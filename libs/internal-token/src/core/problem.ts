import { type ErrorEntry, INTERNAL_TOKEN_ERRORS, type InternalTokenError } from './errors.js';

/** A body of type `application/problem+json` (RFC 9457). */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** Absent if the details are not for the caller. */
  readonly detail?: string;
  /** The individual findings of a validation. */
  readonly errors?: readonly string[];
  /** The stable code to compare; see `INTERNAL_TOKEN_ERRORS`. */
  readonly code: string;
  /** OAuth's name for the refusal, where there is one. */
  readonly error?: 'insufficient_scope';
  /** The id to quote when asking for help. It is on every log line of the request. */
  readonly request_id?: string;
}

/** The media type of {@link Problem}. */
export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

/**
 * The response body of an error. For our own failures (5xx) it has only the table's text; the details stay in the log.
 */
export function toProblem(error: InternalTokenError, requestId?: string): Problem {
  const { title, action } = INTERNAL_TOKEN_ERRORS[error.code];
  return {
    type: `urn:nestjs-internal-token:${error.code}`,
    title,
    status: error.status,
    detail: error.status >= 500 ? action : error.detail,
    code: error.code,
    ...(error.status === 403 && error.code !== 'caller_not_allowed' && { error: 'insufficient_scope' as const }),
    ...(requestId !== undefined && { request_id: requestId }),
  };
}

/** The `Retry-After` (RFC 9110, section 10.2.3) of a 503, in seconds; undefined for everything else. */
export function retryAfterOf({ code, status }: Pick<Problem, 'code' | 'status'>): number | undefined {
  if (status !== 503) return undefined;
  const table: Readonly<Record<string, ErrorEntry>> = INTERNAL_TOKEN_ERRORS;
  return (Object.hasOwn(table, code) ? table[code]?.retryAfterSeconds : undefined) ?? 1;
}

/**
 * The `WWW-Authenticate` value of a service's 401 (RFC 9110, section 11.6.1); it has an `error` only if a token was
 * presented. A refused calling process gets one too, although its status is not 401: it tells a gateway that the
 * refusal concerns the gateway itself, not its client. Undefined for everything else.
 */
export function challengeFor(error: InternalTokenError, trustDomain: string): string | undefined {
  const realm = `realm="${trustDomain.replace(/["\\]/g, '\\$&')}"`;
  if (error.code.startsWith('caller_')) return `Txn-Caller ${realm}, error="${error.code}"`;
  if (error.status !== 401) return undefined;
  return error.code === 'txn_missing' ? `Txn-Token ${realm}` : `Txn-Token ${realm}, error="invalid_token"`;
}
