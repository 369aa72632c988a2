import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, Logger, Optional } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { ServerResponse } from 'node:http';
import { throwError } from 'rxjs';
import {
  challengeFor,
  InternalTokenError,
  newTransactionId,
  PROBLEM_CONTENT_TYPE,
  type Problem,
  retryAfterOf,
  toProblem,
} from '../../core/index.js';
import { RESOLVED_OPTIONS, type ResolvedOptions } from '../internal-token.options.js';
import { currentStore } from '../context/internal-token-store.js';
import { downstreamRefusal } from '../admission/downstream-refusal.js';

/** What sockets and streams say when the other side has left. */
const DISCONNECTED = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']);

/**
 * Answers every refusal of this library as RFC 9457 asks, with the challenge that belongs to a 401. A failure of this
 * side (5xx) is logged with its stack and answered without particulars.
 *
 * Extend it to answer other exceptions in the same form: `InternalTokenProblemFilter` does so for all of them.
 */
@Catch(InternalTokenError)
export class InternalTokenErrorFilter implements ExceptionFilter {
  readonly #logger = new Logger('Problem');

  constructor(
    protected readonly host: HttpAdapterHost,
    @Optional() @Inject(RESOLVED_OPTIONS) private readonly options?: Pick<ResolvedOptions, 'trustDomain'>,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): unknown {
    if (host.getType() === 'rpc') return throwError(() => thrown);
    if (host.getType() !== 'http') throw thrown;

    const http = host.switchToHttp();
    this.answer(thrown, http.getRequest<unknown>(), http.getResponse<unknown>());
  }

  /** Logs a failure of this side and answers, as far as an answer is still possible. */
  protected answer(thrown: unknown, request: unknown, response: unknown): void {
    const { httpAdapter } = this.host;
    const raw = (response as { raw?: ServerResponse }).raw ?? (response as ServerResponse);
    const store = currentStore();
    const exception = this.meaningOf(thrown);
    const problem = this.describe(exception, request);
    const failure = problem.status >= 500;
    const gone = raw.destroyed || raw.socket?.destroyed === true;

    store?.span?.fail(withoutQuotes(thrown, problem));
    if (failure && !(gone && isDisconnect(thrown)) && !isToldAlready(thrown)) this.#logger.error(thrown);
    if (gone) return;
    // Half of an answer is on its way: only a broken connection tells the client that the rest is missing.
    if (httpAdapter.isHeadersSent(response)) return void raw.destroy();

    const known = raw.getHeader('X-Request-Id');
    const requestId = store?.txn ?? (typeof known === 'string' ? known : newTransactionId());
    const given = httpAdapter.getHeader(response, 'Retry-After') as unknown;
    const retryAfter = given === undefined ? retryAfterOf(problem) : undefined;
    const headers: Record<string, string | undefined> = {
      'X-Request-Id': known === undefined ? requestId : undefined,
      'WWW-Authenticate': this.#challenge(exception),
      'Retry-After': retryAfter?.toString(),
      'Cache-Control': problem.status === 401 || problem.status === 403 || failure ? 'no-store' : undefined,
      'Content-Type': PROBLEM_CONTENT_TYPE,
    };
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined) httpAdapter.setHeader(response, name, value);
    }
    httpAdapter.reply(response, JSON.stringify({ ...problem, request_id: requestId }), problem.status);
  }

  /** The exception as this request's caller has to understand it. */
  protected meaningOf(exception: unknown): unknown {
    return downstreamRefusal(exception) ?? exception;
  }

  /** What is answered; a subclass that catches more describes more. */
  protected describe(exception: unknown, _request: unknown): Problem {
    return toProblem(exception instanceof InternalTokenError ? exception : new InternalTokenError('txn_no_context'));
  }

  #challenge(exception: unknown): string | undefined {
    if (!(exception instanceof InternalTokenError) || this.options === undefined) return undefined;
    return challengeFor(exception, this.options.trustDomain);
  }
}

/**
 * The framework quotes the path of a request that no route matches, and its parsers what they cannot read: whatever the
 * client put there.
 */
function withoutQuotes(thrown: unknown, { code, status }: Problem): unknown {
  if (code === 'route_not_found') return new InternalTokenError('route_not_found');
  if (status !== 400 || !(thrown instanceof Error && thrown.cause instanceof Error)) return thrown;
  const { name, message } = thrown.cause;
  const parsing = (name === 'SyntaxError' || name === 'URIError') && message === thrown.message;
  return parsing ? new InternalTokenError('invalid_request', `It cannot be read (${name}).`) : thrown;
}

/** That no keys are there is said once where they are loaded; every request would only repeat it. */
function isToldAlready(exception: unknown): boolean {
  return exception instanceof InternalTokenError && exception.code === 'txn_keys_not_ready';
}

function isDisconnect(exception: unknown): boolean {
  return DISCONNECTED.has(String((exception as { code?: unknown } | null | undefined)?.code));
}
