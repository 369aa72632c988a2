import { InternalTokenError } from '../../core/index.js';
import { declarePolicy } from '../policy/handler-policy.js';

/**
 * Lets a request through only if it is for one of these purposes (`scope`). On a handler it replaces the class's.
 * @throws InternalTokenError `configuration_invalid` without a purpose, or with a blank in one
 */
export function RequireScope(...purposes: readonly [string, ...string[]]): MethodDecorator & ClassDecorator {
  if (purposes.length === 0 || purposes.some((purpose) => !/^\S+$/.test(purpose))) {
    throw new InternalTokenError('configuration_invalid', '@RequireScope() takes purposes such as "orders.write".');
  }
  return declarePolicy({ scopes: Object.freeze([...purposes]) }, '@RequireScope()');
}
