import { InternalTokenError } from '../../core/index.js';
import { declarePolicy } from '../policy/handler-policy.js';

/**
 * Lets a request through only if its user has all of these permissions; anonymous never passes.
 * A handler's permissions come on top of its class's.
 * @throws InternalTokenError `configuration_invalid` without a permission, or with an empty one
 */
export function RequirePermissions(...permissions: readonly [string, ...string[]]): MethodDecorator & ClassDecorator {
  if (permissions.length === 0 || permissions.some((permission) => permission === '')) {
    throw new InternalTokenError(
      'configuration_invalid',
      '@RequirePermissions() takes permissions such as "orders:write".',
    );
  }
  return declarePolicy({ permissions: Object.freeze([...permissions]) }, '@RequirePermissions()');
}
