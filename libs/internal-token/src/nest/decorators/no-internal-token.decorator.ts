import { declarePolicy } from '../policy/handler-policy.js';

/**
 * The handler needs no internal token and has no claims: for health, metrics and key sets on an internal listener.
 * Such handlers are listed when the application starts.
 *
 * On a `@WebSocketGateway()` class or a message handler it declares that they have their own authentication: handshakes
 * and messages reach them, which are otherwise refused.
 */
export const NoInternalToken = (): MethodDecorator & ClassDecorator =>
  declarePolicy({ access: 'none' }, '@NoInternalToken()');
