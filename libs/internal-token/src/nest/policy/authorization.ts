import { InternalTokenError, type VerifiedClaims } from '../../core/index.js';

/** @throws InternalTokenError `txn_permission` unless the user is authenticated and has all of these permissions */
export function assertPermissions(claims: VerifiedClaims, permissions: readonly string[]): void {
  for (const permission of permissions) {
    if (claims.authenticated && claims.permissions.includes(permission)) continue;
    throw new InternalTokenError('txn_permission', `This operation needs the permission "${permission}".`);
  }
}

/** @throws InternalTokenError `txn_scope` unless the request is for one of these purposes */
export function assertScope(claims: VerifiedClaims, purposes: readonly string[]): void {
  const scopes = claims.scope.split(' ');
  if (purposes.some((purpose) => scopes.includes(purpose))) return;
  throw new InternalTokenError('txn_scope', `This operation needs one of the scopes: ${purposes.join(', ')}.`);
}
