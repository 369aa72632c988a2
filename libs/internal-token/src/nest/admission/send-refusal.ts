import type { ServerResponse } from 'node:http';
import { type Problem, sendProblem } from '../../core/index.js';
import { emitRequestEvent } from './emit-request-event.js';
import type { RequestRecord } from '../context/request-record.js';

/**
 * Refuses a request that the framework has not seen: the one exit of the hook and of the pipelines. An
 * answer that is under way is broken off instead.
 * @param challenge the `WWW-Authenticate` that belongs to a 401
 */
export function sendRefusal(
  request: Pick<RequestRecord, 'raw' | 'response' | 'txn' | 'announced'>,
  problem: Problem,
  challenge?: string,
): void {
  const { response, txn } = request;
  if (response.headersSent) return void response.destroy();
  emitRequestEvent(request, () => write(response, { ...problem, request_id: txn }, challenge));
}

function write(response: ServerResponse, problem: Problem, challenge: string | undefined): void {
  if (challenge !== undefined) response.setHeader('WWW-Authenticate', challenge);
  sendProblem(response, problem);
}
