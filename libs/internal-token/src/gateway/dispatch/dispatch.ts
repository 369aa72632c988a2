import { emitRequestEvent, encodedToken, type Step, type Tracer, type VerifiedClaims } from '../../nest/index.js';
import type { GatewayRequest } from '../gateway-request.js';
import { expose, type VisibleCredentials } from '../normalize/expose.js';
import { enterDomain } from './enter-domain.js';
import type { Forwarder } from './forwarder.js';
import type { HttpForwarder } from './http-forwarder.js';

export interface DispatchOptions {
  /** Whether a domain runs in another process. */
  readonly isForwarded: (domain: string) => boolean;
  readonly http: HttpForwarder;
  /** The application's own, in place of HTTP. */
  readonly custom: Forwarder | undefined;
  readonly visible: VisibleCredentials;
  readonly tracer: Tracer;
}

/** Hands the request over: to the handler in this process, or to the process that has it. */
export function dispatch({ isForwarded, http, custom, visible, tracer }: DispatchOptions): Step<GatewayRequest> {
  const handOver = (request: GatewayRequest): void => {
    expose(request, visible);
    enterDomain(request, request.route, tracer);
  };
  const forward = (request: GatewayRequest): void | Promise<void> => {
    const claims = request.claims as VerifiedClaims;
    request.forwarded = true;
    request.allowBody();
    if (custom === undefined) return emitRequestEvent(request, () => http.forward(request, encodedToken(claims)));
    expose(request, visible);
    request.response.setHeader('X-Request-Id', request.txn);
    return emitRequestEvent(request, () => custom.forward(request, () => encodedToken(claims)));
  };
  return (request) => (isForwarded(request.route.domain) ? forward(request) : handOver(request));
}
