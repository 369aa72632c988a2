import type { VerifiedClaims } from '../core/index.js';
import type { EdgeRequest } from './edge.policy.js';

/**
 * Takes a request to a domain that runs in another process. Provide one class that extends it in any module; without
 * one, an application that names remote domains does not start.
 */
export abstract class Forwarder {
  /**
   * Answers `request.response`. It may sign the token (`encodedToken(claims)`), never mint another one.
   * A rejection is answered as the error it is, if nothing was sent yet.
   */
  abstract forward(request: EdgeRequest, claims: VerifiedClaims): void | Promise<void>;
}
