import { InternalTokenError, type Step } from '../../nest/index.js';
import { assertPlainBody } from '../normalize/assert-plain-body.js';
import type { GatewayRequest } from '../gateway-request.js';
import { assertRoutePermissions, grantedScope } from './route-authorization.js';

export interface AuthorizeOptions {
  /** Whether a domain runs in another process. */
  readonly isForwarded: (domain: string) => boolean;
  /** An enricher may still add the permissions that are missing here. */
  readonly enriched: boolean;
}

/**
 * Decides whether this caller may use the route, and for which purpose.
 * @throws InternalTokenError `access_token_missing`, `insufficient_scope`, `insufficient_permissions`, `upgrade_refused`,
 * `invalid_request` (415)
 */
export function authorize({ isForwarded, enriched }: AuthorizeOptions): Step<GatewayRequest> {
  return (request) => {
    const { route, principal, protocol } = request;
    const forwarded = isForwarded(route.domain);
    request.scope = grantedScope(route, principal);
    // A server may ignore the wish for another protocol (RFC 9110 section 7.8); a WebSocket client must hear a no.
    if (protocol?.includes('websocket') && (principal === undefined || forwarded)) {
      throw new InternalTokenError('upgrade_refused');
    }
    if (!forwarded) assertPlainBody(request);
    if (!enriched) assertRoutePermissions(route, principal);
  };
}
