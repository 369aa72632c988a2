import { Catch, type OnModuleInit } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { newTransactionId, type Problem, sendProblem } from '../core/index.js';
import { currentStore, describeException, InternalTokenErrorFilter } from '../nest/index.js';
import { watchStreams } from './watch-streams.js';

/**
 * Answers every exception with `application/problem+json` (RFC 9457), on Express and Fastify: with a stable `code`, the
 * id of the request as `request_id` and `X-Request-Id`, and the challenge of a 401. Our own failures (5xx) are logged
 * with their stack and answered without details. So is a `StreamableFile` that fails; once a byte has been sent, the
 * connection is broken off instead.
 *
 * ```ts
 * providers: [{ provide: APP_FILTER, useClass: InternalTokenProblemFilter }]
 * ```
 */
@Catch()
export class InternalTokenProblemFilter extends InternalTokenErrorFilter implements OnModuleInit {
  /**
   * Answers what Fastify refuses before any filter hears of it, such as a path that cannot be decoded. It is an option
   * of Fastify itself, so only the code that makes the adapter can set it:
   *
   * ```ts
   * new FastifyAdapter({ frameworkErrors: InternalTokenProblemFilter.answerFrameworkError });
   * ```
   */
  static answerFrameworkError(this: void, error: unknown, _request: unknown, reply: FastifyReplyLike): void {
    reply.hijack();
    sendProblem(reply.raw, { ...describeException(error), request_id: currentStore()?.txn ?? newTransactionId() });
  }

  onModuleInit(): void {
    watchStreams(this.host.httpAdapter, (failure, request, response) => this.answer(failure, request, response));
  }

  protected override describe(exception: unknown, request: unknown): Problem {
    const { httpAdapter } = this.host;
    const route = `${String(httpAdapter.getRequestMethod?.(request))} ${String(httpAdapter.getRequestUrl(request))}`;
    return describeException(exception, route);
  }
}

/** What is needed of Fastify's reply; who uses Express has no types of Fastify. */
interface FastifyReplyLike {
  readonly raw: ServerResponse;
  hijack(): unknown;
}
