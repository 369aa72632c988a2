import type { Step } from '../../nest/index.js';
import type { GatewayRequest } from '../gateway-request.js';
import type { AccessTokenAuthenticator } from './access-token-authenticator.js';
import type { Principal } from './principal.js';

/**
 * Finds out who asks, by the access token. A request without credentials has no principal; `authorize` decides whether
 * that will do. Waits only for introspection and for keys that have to be fetched first.
 */
export function authenticate(authenticator: AccessTokenAuthenticator): Step<GatewayRequest> {
  const accept = (request: GatewayRequest, principal: Principal | undefined): void => {
    request.authenticating = false;
    request.principal = principal;
  };
  return (request) => {
    request.authenticating = true;
    const principal = authenticator.authenticate(request.raw.rawHeaders);
    if (!(principal instanceof Promise)) return accept(request, principal);
    return principal.then((late) => accept(request, late));
  };
}
