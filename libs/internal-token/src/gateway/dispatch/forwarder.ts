import type { EdgeRequest } from '../authorize/edge-policy.js';

/**
 * Forwards a request to a domain that runs in another process. HTTP is built in; for another transport, provide one
 * class that extends this one in any module.
 */
export abstract class Forwarder {
  /**
   * Answers `request.response`. If it rejects before anything was sent, the error is answered.
   * @param token returns the internal token of the request, which is signed at the first call
   */
  abstract forward(request: EdgeRequest, token: () => string | Promise<string>): void | Promise<void>;
}
