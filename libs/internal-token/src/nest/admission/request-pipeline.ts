import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Application } from '../context/application.js';
import type { RequestRecord } from '../context/request-record.js';

/**
 * One stage of a pipeline. It lets the request go on by returning, and refuses it by throwing. `'admitted'` skips the
 * steps that remain. A promise only where something asynchronous must be asked.
 */
export type Step<R extends RequestRecord> = (request: R) => void | 'admitted' | Promise<void>;

/** Decides on each request of a listener before Nest, its middleware and its body parsers see it. */
export abstract class RequestPipeline<R extends RequestRecord = RequestRecord> {
  /** The record of a request whose headers have arrived. Nothing of its body has been read. */
  abstract open(raw: IncomingMessage, response: ServerResponse, application: Application): R;

  /**
   * Takes the request through the steps. Returns when it may enter the application, or when it is `forwarded`.
   * @throws (or rejects with) the reason to refuse it
   */
  abstract run(request: R): void | Promise<void>;

  /** Answers a request that `run` has refused. */
  abstract refuse(request: R, reason: unknown): void;

  /**
   * Called instead of `run` for a request to a `@WebSocketGateway()` class marked `@NoInternalToken()`: removes what its
   * sender must not set.
   * @throws InternalTokenError the reason to refuse it
   */
  prepareOpen(_raw: IncomingMessage): void {}
}

/** Runs the steps in order. They stop when the client has left, so that nothing is done in its name. */
export function runSteps<R extends RequestRecord>(
  steps: readonly Step<R>[],
  request: R,
  first = 0,
): void | Promise<void> {
  for (let index = first; index < steps.length; index++) {
    if (request.response.destroyed) return;
    const outcome = steps[index]?.(request);
    if (outcome === 'admitted') return;
    if (outcome !== undefined) return outcome.then(() => runSteps(steps, request, index + 1));
  }
}
