import { Catch, type OnModuleInit } from '@nestjs/common';
import type { Problem } from '../core/index.js';
import { InternalTokenErrorFilter } from '../nest/index.js';
import { describeException } from './describe-exception.js';
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
  onModuleInit(): void {
    watchStreams(this.host.httpAdapter, (failure, request, response) => this.answer(failure, request, response));
  }

  protected override describe(exception: unknown, request: unknown): Problem {
    const { httpAdapter } = this.host;
    const route = `${String(httpAdapter.getRequestMethod?.(request))} ${String(httpAdapter.getRequestUrl(request))}`;
    return describeException(exception, route);
  }
}
