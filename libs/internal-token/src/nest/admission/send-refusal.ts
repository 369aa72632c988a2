import type { ServerResponse } from 'node:http';
import { challengeFor, type InternalTokenError, sendProblem, toProblem } from '../../core/index.js';

/** Refuses a request that the framework has not seen. */
export function sendRefusal(
  response: ServerResponse,
  error: InternalTokenError,
  txn: string,
  trustDomain: string,
): void {
  const challenge = challengeFor(error, trustDomain);
  if (challenge !== undefined) response.setHeader('WWW-Authenticate', challenge);
  sendProblem(response, toProblem(error, txn));
}
