import type { IncomingMessage, ServerResponse } from 'node:http';
import type { InternalTokenStore } from '../context/internal-token-store.js';

/** A request whose headers have arrived; nothing has been read of its body. */
export interface AdmissionRequest {
  readonly raw: IncomingMessage;
  readonly response: ServerResponse;
  /** The request's context, already entered. Admission fills in claims or the reason why there are none. */
  readonly store: InternalTokenStore;
  /**
   * Tells a client that waits for it (`Expect: 100-continue`, RFC 9110 section 10.1.1) to send the body. Needed only by
   * who reads it without letting the request in; one that is let in needs no call.
   */
  readonly allowBody: () => void;
  /**
   * The request is a WebSocket handshake and will be refused, whatever admission decides. What remains to be told is
   * which credentials are missing.
   */
  readonly upgrade?: true;
}

/**
 * Decides on every request before Nest, its middleware and body parsers see it.
 * The default is {@link TokenAdmission}; a module that provides `RequestAdmission` puts its own in that place.
 */
export abstract class RequestAdmission {
  /**
   * True: Nest goes on with the request. False: it has been answered, or will be.
   * Return a promise only where something asynchronous had to be done.
   */
  abstract admit(request: AdmissionRequest): boolean | Promise<boolean>;

  /**
   * Called instead for a request that goes to a `@WebSocketGateway()` class marked `@NoInternalToken()`: remove what its
   * sender must not set. Nothing by default.
   * @throws InternalTokenError to refuse the request, or the handshake, which is answered with it
   */
  prepareOpen(_raw: IncomingMessage): void {}
}
