import { declarePolicy } from '../policy/handler-policy.js';

/**
 * Needs no internal token, and has no claims: for health, metrics and key sets on an internal listener.
 * Such handlers are listed when the application starts.
 *
 * On a `@WebSocketGateway()` class or a handler of messages it says that their own authentication applies: handshakes
 * and messages reach them, which are refused otherwise.
 */
export const NoInternalToken = (): MethodDecorator & ClassDecorator =>
  declarePolicy({ access: 'none' }, '@NoInternalToken()');
