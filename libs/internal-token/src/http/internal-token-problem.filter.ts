import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, Logger, Optional } from '@nestjs/common';
import { type AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core';
import type { ServerResponse } from 'node:http';
import { throwError } from 'rxjs';
import { challengeFor, InternalTokenError, newTransactionId, PROBLEM_CONTENT_TYPE } from '../core/index.js';
import { currentStore, RESOLVED_OPTIONS, type ResolvedOptions } from '../nest/index.js';
import { describeException } from './describe-exception.js';

/**
 * Answers every exception with `application/problem+json` (RFC 9457), on Express and Fastify: a stable `code`, the
 * request's id as `request_id` and `X-Request-Id`, the challenge of a 401. A failure of this side (5xx) is logged with
 * its stack and answered without detail.
 *
 * ```ts
 * providers: [{ provide: APP_FILTER, useClass: InternalTokenProblemFilter }]
 * ```
 */
@Catch()
export class InternalTokenProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(InternalTokenProblemFilter.name);

  constructor(
    private readonly host: HttpAdapterHost,
    @Optional() @Inject(RESOLVED_OPTIONS) private readonly options?: Pick<ResolvedOptions, 'trustDomain'>,
  ) {}

  catch(exception: unknown, host: ArgumentsHost): unknown {
    if (host.getType() === 'rpc') return throwError(() => exception);
    if (host.getType() !== 'http') throw exception;

    const { httpAdapter } = this.host;
    const http = host.switchToHttp();
    const [request, response] = [http.getRequest<unknown>(), http.getResponse<unknown>()];
    const store = currentStore();
    const { problem, failure } = describeException(exception, routeOf(httpAdapter, request));
    if (isGone(response)) return;

    store?.span?.fail(exception);
    if (failure) this.logger.error(exception);
    // Half of an answer is on its way: only a broken connection tells the client that the rest is missing.
    if (httpAdapter.isHeadersSent(response)) return void rawOf(response).destroy();

    const known = rawOf(response).getHeader('X-Request-Id');
    const requestId = store?.txn ?? (typeof known === 'string' ? known : newTransactionId());
    const headers: Record<string, string | undefined> = {
      'X-Request-Id': known === undefined ? requestId : undefined,
      'WWW-Authenticate': this.challenge(exception),
      'Cache-Control': problem.status === 401 || problem.status === 403 || failure ? 'no-store' : undefined,
      'Content-Type': PROBLEM_CONTENT_TYPE,
    };
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined) httpAdapter.setHeader(response, name, value);
    }
    httpAdapter.reply(response, JSON.stringify({ ...problem, request_id: requestId }), problem.status);
  }

  private challenge(exception: unknown): string | undefined {
    if (!(exception instanceof InternalTokenError) || this.options === undefined) return undefined;
    return challengeFor(exception, this.options.trustDomain);
  }
}

function routeOf(adapter: AbstractHttpAdapter, request: unknown): string {
  return `${String(adapter.getRequestMethod?.(request))} ${String(adapter.getRequestUrl(request))}`;
}

/** The client went away; nobody reads an answer, and it is nobody's failure here. */
function isGone(response: unknown): boolean {
  const raw = rawOf(response);
  return raw.destroyed || raw.socket?.destroyed === true;
}

function rawOf(response: unknown): ServerResponse {
  return (response as { raw?: ServerResponse }).raw ?? (response as ServerResponse);
}
