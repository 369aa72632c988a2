import { InternalTokenError } from '../../core/index.js';
import { declarePolicy } from '../policy/handler-policy.js';

/**
 * Lets only these processes call, beside everything else that is asked for. On a handler it replaces the class's. Ids
 * are compared exactly, as the `CallerAuthenticator` gives them: `spiffe://shop.example/orders`.
 * @throws InternalTokenError `configuration_invalid` without an id, or with a blank in one
 */
export function RequireCaller(...callers: readonly [string, ...string[]]): MethodDecorator & ClassDecorator {
  if (callers.length === 0 || callers.some((caller) => !/^\S+$/.test(caller))) {
    throw new InternalTokenError(
      'configuration_invalid',
      '@RequireCaller() takes ids such as "spiffe://shop.example/orders".',
    );
  }
  return declarePolicy({ callers: Object.freeze([...callers]) }, '@RequireCaller()');
}
