import type { ServerResponse } from 'node:http';
import { challengeFor, type InternalTokenError, PROBLEM_CONTENT_TYPE, toProblem } from '../core/index.js';

/** Answers a request that the framework has not seen. */
export function answer(response: ServerResponse, error: InternalTokenError, txn: string, trustDomain: string): void {
  const challenge = challengeFor(error, trustDomain);
  if (challenge !== undefined) response.setHeader('WWW-Authenticate', challenge);
  response.writeHead(error.status, { 'Content-Type': PROBLEM_CONTENT_TYPE, 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(toProblem(error, txn)));
}
