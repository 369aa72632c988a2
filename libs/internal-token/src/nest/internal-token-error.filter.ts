import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { challengeFor, InternalTokenError, PROBLEM_CONTENT_TYPE, toProblem } from '../core/index.js';
import { RESOLVED_OPTIONS, type ResolvedOptions } from './internal-token.options.js';
import { currentStore } from './internal-token.store.js';

/** Answers every refusal of this library as RFC 9457 asks, with the challenge that belongs to a 401. */
@Catch(InternalTokenError)
export class InternalTokenErrorFilter implements ExceptionFilter<InternalTokenError> {
  constructor(
    private readonly host: HttpAdapterHost,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedOptions, 'trustDomain'>,
  ) {}

  catch(error: InternalTokenError, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw error;
    const { httpAdapter } = this.host;
    const response: unknown = host.switchToHttp().getResponse();
    const store = currentStore();
    store?.span?.fail(error);
    if (httpAdapter.isHeadersSent(response)) return void httpAdapter.end(response);
    const challenge = challengeFor(error, this.options.trustDomain);
    if (challenge !== undefined) httpAdapter.setHeader(response, 'WWW-Authenticate', challenge);
    if (store !== undefined) httpAdapter.setHeader(response, 'X-Request-Id', store.txn);
    httpAdapter.setHeader(response, 'Cache-Control', 'no-store');
    httpAdapter.setHeader(response, 'Content-Type', PROBLEM_CONTENT_TYPE);
    httpAdapter.reply(response, JSON.stringify(toProblem(error, store?.txn)), error.status);
  }
}
