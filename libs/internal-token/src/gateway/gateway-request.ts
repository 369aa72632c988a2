import { RequestRecord, type RouteDefinition } from '../nest/index.js';
import type { Principal } from './authenticate/principal.js';
import type { EdgeRequest } from './authorize/edge-policy.js';

/** A public request on its way through the gateway's pipeline. Policies see it as {@link EdgeRequest}. */
export class GatewayRequest extends RequestRecord implements EdgeRequest {
  /** `normalize` */
  clientAddress = '';
  /** `normalize`: what the request asks to leave HTTP/1.1 for (`websocket`, `h2c`), in lower case. */
  protocol: string | undefined = undefined;
  /** `matchRoute` */
  route: RouteDefinition = NO_ROUTE;
  /** `expose`: code of the application may see it. */
  exposed = false;
  /** `authenticate`: the credentials are being looked at, so that a refusal is about them. */
  authenticating = false;
  /** `authenticate`; `enrich` adds to it. */
  principal: Principal | undefined = undefined;
  /** `authorize`: what the request is for. */
  scope = '';
}

/** Until one is matched. */
const NO_ROUTE: RouteDefinition = Object.freeze({
  method: '',
  path: '',
  domain: '',
  handler: '',
  access: 'token',
  scopes: [],
  permissions: [],
});
