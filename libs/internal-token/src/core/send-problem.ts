import type { ServerResponse } from 'node:http';
import { announcesBody } from './announces-body.js';
import { type Problem, PROBLEM_CONTENT_TYPE, retryAfterOf } from './problem.js';

/**
 * Answers with a problem (RFC 9457) before any framework has seen the request. Headers that are already set are kept,
 * so set a challenge beforehand. Does nothing if the response has already begun.
 *
 * Errors are never cached (RFC 9111, section 3.5 would allow it for some). If the body of the request has not arrived
 * yet, the connection is closed instead of reading it.
 */
export function sendProblem(res: ServerResponse, problem: Problem): void {
  if (res.headersSent || res.destroyed) return;
  const body = Buffer.from(JSON.stringify(problem));
  res.statusCode = problem.status;
  if (problem.request_id !== undefined && !res.hasHeader('X-Request-Id')) {
    res.setHeader('X-Request-Id', problem.request_id);
  }
  const retryAfter = retryAfterOf(problem);
  if (retryAfter !== undefined && !res.hasHeader('Retry-After')) res.setHeader('Retry-After', retryAfter);
  res.setHeader('Content-Type', PROBLEM_CONTENT_TYPE);
  res.setHeader('Content-Length', body.byteLength);
  res.setHeader('Cache-Control', 'no-store');
  if (hasUnreadBody(res)) res.setHeader('Connection', 'close');
  res.end(body);
}

function hasUnreadBody({ req }: ServerResponse): boolean {
  return announcesBody(req) && !req.complete;
}
