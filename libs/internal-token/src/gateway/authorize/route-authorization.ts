import { InternalTokenError } from '../../core/index.js';
import type { RouteDefinition } from '../../nest/index.js';
import type { Principal } from '../authenticate/principal.js';

/** The `scope` of a request without credentials. */
const ANONYMOUS_SCOPE = 'anonymous';

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
