import type { Step } from '../../nest/index.js';
import type { GatewayRequest } from '../gateway-request.js';
import { assertRoutePermissions } from './authorize.js';
import { enrichPrincipal, type PermissionEnricher } from './enrichment.js';

/**
 * Asks the enricher for what the access token does not say, then for the permissions of the route.
 * @throws InternalTokenError (or rejects with it) `enrichment_failed`, `insufficient_permissions`
 */
export function enrich(enricher: PermissionEnricher, timeoutMs: number): Step<GatewayRequest> {
  return (request) => {
    const { principal, route } = request;
    if (principal === undefined) return assertRoutePermissions(route, principal);
    return enrichPrincipal(principal, enricher, timeoutMs).then((enriched) => {
      request.principal = enriched;
      assertRoutePermissions(route, enriched);
    });
  };
}
