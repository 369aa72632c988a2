import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RouteDefinition } from '../nest/index.js';
import type { Principal } from './principal.js';

/** A public request as policies and the forwarder see it: cleaned, matched and authenticated. */
export interface EdgeRequest {
  /** The request's id: the internal token's `txn`, the trace id, the client's `X-Request-Id`. */
  readonly txn: string;
  readonly route: RouteDefinition;
  /** Undefined for a request without credentials on a public route. */
  readonly principal: Principal | undefined;
  /** The client's address: the socket's, or what a configured proxy says. */
  readonly clientAddress: string;
  /** Method, target, fields; what outsiders may not say is gone already. */
  readonly raw: IncomingMessage;
  /** To set fields on the answer (`Retry-After`, rate limits), whether the request is refused or not. */
  readonly response: ServerResponse;
}

/**
 * A rule of the team's own at the gateway. Provide a class that extends it in any module: it runs for every public
 * request that matched a route and passed authentication, forwarded or not, and before the internal token is minted.
 *
 * ```ts
 * @Injectable()
 * class OfficeHours extends EdgePolicy {
 *   check({ route }: EdgeRequest): void {
 *     if (route.domain === 'orders' && closed()) throw new ForbiddenException('We open at nine.');
 *   }
 * }
 * ```
 */
export abstract class EdgePolicy {
  /** Policies run from the lowest to the highest. Default 0. */
  readonly order: number = 0;

  /**
   * Returns to let the request pass, throws to refuse it: a Nest `HttpException` keeps its status, an
   * `InternalTokenError` its code, anything else is answered with 500.
   */
  abstract check(request: EdgeRequest): void | Promise<void>;
}
