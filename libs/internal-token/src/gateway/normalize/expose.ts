import type { GatewayRequest } from '../gateway-request.js';
import { removeField, sealFields } from './header-hygiene.js';
import { stripResponseFields } from './strip-response-fields.js';

/** Which of the caller's credentials handlers and services may see. */
export interface VisibleCredentials {
  readonly forwardAuthorization: boolean;
  readonly forwardCookies: boolean;
}

/**
 * Prepares a public request for code of the application: policies, middleware, handlers. They see the cleaned fields in
 * each of Node's views of them, and whatever they set on the response, the internal token stays inside.
 * @param visible the credentials that stay. Default: all, as long as they have not been looked at.
 */
export function expose(request: GatewayRequest, visible?: VisibleCredentials): void {
  const { raw, response } = request;
  if (visible?.forwardAuthorization === false) removeField(raw, 'authorization');
  if (visible?.forwardCookies === false) removeField(raw, 'cookie');
  sealFields(raw);
  if (!request.exposed) stripResponseFields(response);
  request.exposed = true;
}
