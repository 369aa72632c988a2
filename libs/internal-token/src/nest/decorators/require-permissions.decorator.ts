import { InternalTokenError } from '../../core/index.js';
import { declarePolicy } from '../policy/handler-policy.js';

/**
 * Accepts a request only if its user has all of these permissions; anonymous never does.
 * The permissions of a handler are added to those of its class.
 * @throws InternalTokenError `configuration_invalid` without a permission, or for an empty one
 */
export function RequirePermissions(...permissions: readonly [string, ...string[]]): MethodDecorator & ClassDecorator {
  if (permissions.length === 0 || permissions.some((permission) => permission === '')) {
    throw new InternalTokenError(
      'configuration_invalid',
      'Pass permissions to @RequirePermissions(), such as "orders:write".',
    );
  }
  return declarePolicy({ permissions: Object.freeze([...permissions]) }, '@RequirePermissions()');
}
