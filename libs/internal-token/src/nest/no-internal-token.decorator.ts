import { declarePolicy } from './handler-policy.js';

/**
 * Needs no internal token, and has no claims: for health, metrics and key sets on an internal listener.
 * Such handlers are listed when the application starts.
 */
export const NoInternalToken = (): MethodDecorator & ClassDecorator =>
  declarePolicy({ access: 'none' }, '@NoInternalToken()');
