import { InternalTokenError } from '../../core/index.js';
import { declarePolicy } from '../policy/handler-policy.js';

/**
 * Lets only these processes call, in addition to all other requirements. On a handler it replaces that of the class.
 * Ids are compared exactly, as the `CallerAuthenticator` returns them: `spiffe://shop.example/orders`.
 * @throws InternalTokenError `configuration_invalid` without an id, or for an id with a space
 */
export function RequireCaller(...callers: readonly [string, ...string[]]): MethodDecorator & ClassDecorator {
  if (callers.length === 0 || callers.some((caller) => !/^\S+$/.test(caller))) {
    throw new InternalTokenError(
      'configuration_invalid',
      'Pass ids without spaces to @RequireCaller(), such as "spiffe://shop.example/orders".',
    );
  }
  return declarePolicy({ callers: Object.freeze([...callers]) }, '@RequireCaller()');
}
