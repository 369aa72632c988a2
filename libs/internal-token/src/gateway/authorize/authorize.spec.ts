import type { RouteDefinition } from '../../nest/index.js';
import type { Principal } from '../authenticate/principal.js';
import { assertRoutePermissions, grantedScope } from './authorize.js';

const route = (rest: Partial<RouteDefinition> = {}): RouteDefinition => ({
  method: 'GET',
  path: '/orders',
  domain: 'orders',
  handler: 'OrdersController.list',
  access: 'token',
  scopes: ['orders.read', 'orders.write'],
  permissions: [],
  ...rest,
});

const principal = (scopes: readonly string[], permissions: readonly string[] = []): Principal => ({
  userId: 'alice',
  permissions,
  scopes,
  expiresAt: 0,
  issuer: 'https://login.example',
});

describe('grantedScope', () => {
  it('R42: is what both the caller and the route name', () => {
    expect(grantedScope(route(), principal(['catalog.read', 'orders.write', 'orders.read']))).toBe(
      'orders.write orders.read',
    );
  });

  it('is everything the caller has where any purpose will do, or nobody has decided', () => {
    for (const scopes of ['any', undefined] as const) {
      expect(grantedScope(route({ scopes }), principal(['a', 'b']))).toBe('a b');
    }
  });

  it.each([[['orders.read'], []] as const, [['orders.read'], ['catalog.read']] as const, ['any', []] as const])(
    'R31, R43: nothing left is refused: %j, %j',
    (scopes, held) => {
      expect(() => grantedScope(route({ scopes }), principal(held))).toThrow(/insufficient_scope/);
      expect(() => grantedScope(route({ scopes, access: 'public' }), principal(held))).toThrow(/insufficient_scope/);
    },
  );

  it('R47: nobody is anonymous on a public route, and refused on every other', () => {
    expect(grantedScope(route({ access: 'public' }), undefined)).toBe('anonymous');
    expect(() => grantedScope(route(), undefined)).toThrow(/access_token_missing/);
    expect(() => grantedScope(route({ access: 'public', permissions: ['x'] }), undefined)).toThrow(/missing/);
  });
});

describe('assertRoutePermissions', () => {
  it('asks for all of them', () => {
    const needed = route({ permissions: ['a', 'b'] });
    expect(() => assertRoutePermissions(needed, principal([], ['a', 'b', 'c']))).not.toThrow();
    expect(() => assertRoutePermissions(needed, principal([], ['a']))).toThrow(/insufficient_permissions.*Needed: b/);
    expect(() => assertRoutePermissions(needed, undefined)).toThrow(/insufficient_permissions/);
  });
});
