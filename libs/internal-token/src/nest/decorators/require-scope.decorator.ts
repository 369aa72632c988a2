import { InternalTokenError } from '../../core/index.js';
import { declarePolicy } from '../policy/handler-policy.js';

/**
 * Accepts a request only if it is for one of these purposes (`scope`). On a handler it replaces that of the class.
 * @throws InternalTokenError `configuration_invalid` without a purpose, or for a purpose with a space
 */
export function RequireScope(...purposes: readonly [string, ...string[]]): MethodDecorator & ClassDecorator {
  if (purposes.length === 0 || purposes.some((purpose) => !/^\S+$/.test(purpose))) {
    throw new InternalTokenError(
      'configuration_invalid',
      'Pass purposes without spaces to @RequireScope(), such as "orders.write".',
    );
  }
  return declarePolicy({ scopes: Object.freeze([...purposes]) }, '@RequireScope()');
}
