import type { EdgeRequest } from '../authorize/edge-policy.js';

/**
 * Takes a request to a domain that runs in another process. HTTP is built in; to reach `upstreams` otherwise, provide
 * one class that extends this one in any module.
 */
export abstract class Forwarder {
  /**
   * Answers `request.response`. A rejection is answered as the error it is, if nothing was sent yet.
   * @param token the request's one internal token; it is signed at the first call, and every call gives the same bytes
   */
  abstract forward(request: EdgeRequest, token: () => string | Promise<string>): void | Promise<void>;
}
