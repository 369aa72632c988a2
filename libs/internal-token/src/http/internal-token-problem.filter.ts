import { Catch, type OnModuleInit } from '@nestjs/common';
import type { Problem } from '../core/index.js';
import { InternalTokenErrorFilter } from '../nest/index.js';
import { describeException } from './describe-exception.js';
import { watchStreams } from './watch-streams.js';

/**
 * Answers every exception with `application/problem+json` (RFC 9457), on Express and Fastify: a stable `code`, the
 * request's id as `request_id` and `X-Request-Id`, the challenge of a 401. A failure of this side (5xx) is logged with
 * its stack and answered without detail. So is a `StreamableFile` that fails: by a problem while no byte is out, by a
 * broken connection after that.
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
