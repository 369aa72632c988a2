import { InternalTokenError } from '../../core/index.js';
import { readBearerToken } from './read-bearer-token.js';
import type { GatewayRequest } from '../gateway-request.js';

/**
 * A WebSocket handshake that cannot be accepted learns first whether credentials are missing. No token is looked at: a
 * handshake is no way to try credentials past the policies.
 * @throws InternalTokenError `access_token_missing`, `upgrade_refused`
 */
export function refuseHandshake(request: GatewayRequest): never {
  request.authenticating = true;
  const missing = readBearerToken(request.raw.rawHeaders) === undefined;
  request.authenticating = missing;
  throw new InternalTokenError(missing ? 'access_token_missing' : 'upgrade_refused');
}
