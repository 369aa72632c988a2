import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RouteDefinition } from '../../nest/index.js';
import type { Principal } from '../authenticate/principal.js';

/** A public request as policies and the forwarder see it: cleaned, matched and, except before that, authenticated. */
export interface EdgeRequest {
  /** The request's id: the internal token's `txn`, the trace id, the client's `X-Request-Id`. */
  readonly txn: string;
  readonly route: RouteDefinition;
  /** Undefined for a request without credentials on a public route, and for policies that run before authentication. */
  readonly principal: Principal | undefined;
  /** The client's address: the socket's, or what a configured proxy says. */
  readonly clientAddress: string;
  /** Method, target, fields; what outsiders may not say is gone already. */
  readonly raw: IncomingMessage;
  /** To set fields on the answer (`Retry-After`, rate limits), whether the request is refused or not. */
  readonly response: ServerResponse;
}

/** When a policy runs. */
export type EdgePolicyStage = 'before-authentication' | 'after-authentication';

/**
 * A rule of the team's own at the gateway. Provide a class that extends it in any module: it runs for every public
 * request that matched a route, forwarded or not, and before the internal token is minted.
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
  /** Policies of one stage run from the lowest to the highest. Default 0. */
  readonly order: number = 0;

  /**
   * After the access token was accepted, which is the default; or before it is looked at, so that requests with wrong
   * credentials come by as well and can be limited. A policy that runs before is synchronous and knows no principal.
   */
  readonly runs: EdgePolicyStage = 'after-authentication';

  /**
   * Returns to let the request pass, throws to refuse it: a Nest `HttpException` keeps its status, an
   * `InternalTokenError` its code, anything else is answered with 500.
   */
  abstract check(request: EdgeRequest): void | Promise<void>;
}
