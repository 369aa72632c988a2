import type { IncomingMessage } from 'node:http';
import { InternalTokenError, type Step } from '../../nest/index.js';
import { expose } from '../normalize/expose.js';
import type { GatewayRequest } from '../gateway-request.js';
import type { GatewayRoutes } from './gateway-routes.js';

/**
 * Finds the route of a request. A CORS preflight and an open path are admitted here: the framework answers them without
 * knowing the caller.
 * @throws InternalTokenError `route_not_found` (404, or 405 with `Allow`), `invalid_request` (414)
 */
export function matchRoute(routes: GatewayRoutes): Step<GatewayRequest> {
  return (request) => {
    const { raw, span } = request;
    if (isPreflight(raw) && routes.allowed(raw).length > 0) {
      expose(request, { forwardAuthorization: false, forwardCookies: false });
      return 'admitted';
    }
    const route = routes.find(raw);
    if (route === undefined && routes.isOpen(raw)) {
      expose(request, { forwardAuthorization: false, forwardCookies: false });
      return 'admitted';
    }
    if (route === undefined || route.access === 'none') throw unmatched(request, routes.allowed(raw));
    request.route = route;
    span?.describe({ op: `${raw.method} ${route.path}`, route: route.path });
  };
}

function unmatched({ response }: GatewayRequest, allowed: readonly string[]): InternalTokenError {
  if (allowed.length === 0) return new InternalTokenError('route_not_found');
  response.setHeader('Allow', allowed.join(', '));
  return new InternalTokenError('route_not_found', `This path answers ${allowed.join(', ')}.`, { status: 405 });
}

function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}
