import { InternalTokenError, type RouteDefinition, type Step } from '../../nest/index.js';
import type { Principal } from '../authenticate/principal.js';
import { assertPlainBody } from '../normalize/assert-plain-body.js';
import type { GatewayRequest } from '../gateway-request.js';

/** The `scope` of a request without credentials. */
const ANONYMOUS_SCOPE = 'anonymous';

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

/**
 * What the request is for: of the purposes the access token allows, those the route has. A route that serves any
 * purpose, or has no policy, leaves them all.
 * @throws InternalTokenError `access_token_missing`, `insufficient_scope`
 */
export function grantedScope(route: RouteDefinition, principal: Principal | undefined): string {
  if (principal === undefined) {
    // A permission is never anonymous, so such a route is public in name only.
    if (route.access !== 'public' || route.permissions.length > 0) throw new InternalTokenError('access_token_missing');
    return ANONYMOUS_SCOPE;
  }
  const { scopes } = route;
  let granted = '';
  for (const scope of principal.scopes) {
    if (Array.isArray(scopes) && !scopes.includes(scope)) continue;
    granted = granted === '' ? scope : `${granted} ${scope}`;
  }
  if (granted === '') throw new InternalTokenError('insufficient_scope');
  return granted;
}

/** @throws InternalTokenError `insufficient_permissions` unless the principal has every permission of the route */
export function assertRoutePermissions(route: RouteDefinition, principal: Principal | undefined): void {
  const held = principal?.permissions ?? [];
  if (route.permissions.every((permission) => held.includes(permission))) return;
  const missing = route.permissions.filter((permission) => !held.includes(permission));
  throw new InternalTokenError('insufficient_permissions', `Needed: ${missing.join(', ')}.`);
}
