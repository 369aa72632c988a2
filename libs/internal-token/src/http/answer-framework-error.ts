import type { ServerResponse } from 'node:http';
import { newTransactionId, sendProblem } from '../core/index.js';
import { currentStore } from '../nest/index.js';
import { describeException } from './describe-exception.js';

/**
 * Answers the requests that Fastify refuses before any error handler of the application runs, such as a path that
 * cannot be decoded. It is an option of Fastify itself, so pass it to the adapter:
 *
 * ```ts
 * new FastifyAdapter({ frameworkErrors: answerFrameworkError });
 * ```
 */
export function answerFrameworkError(error: unknown, _request: unknown, reply: FastifyReplyLike): void {
  reply.hijack();
  sendProblem(reply.raw, { ...describeException(error), request_id: currentStore()?.txn ?? newTransactionId() });
}

/** The part of Fastify's reply that is used here; an Express application does not have Fastify's types. */
export interface FastifyReplyLike {
  readonly raw: ServerResponse;
  hijack(): unknown;
}
