import { InternalTokenError } from '../../core/index.js';

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_HAS_EXPIRED',
  'UND_ERR_SOCKET',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
]);

const TIMED_OUT = new Set([
  'ETIMEDOUT',
  'ECONNABORTED',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

const MAX_CAUSES = 8;

/**
 * Translates the error of a failed call to another service, from any client: to this library's own refusal, to
 * `upstream_unreachable` or `upstream_timeout`, or, if the service did not accept the token or this process as its
 * caller, to `upstream_rejected_token` or `upstream_rejected_caller`.
 * Undefined for everything else, such as an answer with another status, which only the caller can interpret.
 *
 * ```ts
 * catch (error) {
 *   throw translateCallError(error) ?? error;
 * }
 * ```
 */
export function translateCallError(error: unknown): InternalTokenError | undefined {
  let cause: unknown = error;
  for (let i = 0; i < MAX_CAUSES && typeof cause === 'object' && cause !== null; i++) {
    if (cause instanceof InternalTokenError) return cause;
    const code = codeOf(cause as CallError);
    if (code !== undefined) return new InternalTokenError(code, undefined, { cause: error });
    cause = (cause as CallError).cause;
  }
  return undefined;
}

interface CallError {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly response?: { readonly status?: unknown; readonly headers?: unknown };
}

function codeOf({ name, code, response }: CallError) {
  if (response?.status === 401 && challenge(response.headers).startsWith('Txn-Token')) return 'upstream_rejected_token';
  if (challenge(response?.headers).startsWith('Txn-Caller')) return 'upstream_rejected_caller';
  if (response !== undefined) return undefined;
  if (name === 'TimeoutError' || TIMED_OUT.has(String(code))) return 'upstream_timeout';
  return UNREACHABLE.has(String(code)) ? 'upstream_unreachable' : undefined;
}

function challenge(headers: unknown): string {
  const value = (headers as Record<string, unknown> | undefined)?.['www-authenticate'];
  return typeof value === 'string' ? value : '';
}
