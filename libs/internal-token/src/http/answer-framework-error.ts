import type { ServerResponse } from 'node:http';
import { newTransactionId, sendProblem } from '../core/index.js';
import { currentStore } from '../nest/index.js';
import { describeException } from './describe-exception.js';

/**
 * Answers what Fastify refuses before any error handler of an application hears of it, such as a path that cannot be
 * decoded. It is an option of Fastify itself, so only the one who makes the adapter can set it:
 *
 * ```ts
 * new FastifyAdapter({ frameworkErrors: answerFrameworkError });
 * ```
 */
export function answerFrameworkError(error: unknown, _request: unknown, reply: FastifyReplyLike): void {
  reply.hijack();
  sendProblem(reply.raw, { ...describeException(error), request_id: currentStore()?.txn ?? newTransactionId() });
}

/** What is needed of Fastify's reply; who uses Express has no types of Fastify. */
export interface FastifyReplyLike {
  readonly raw: ServerResponse;
  hijack(): unknown;
}
