import { All, Controller, Get, Post, Version, VERSION_NEUTRAL } from '@nestjs/common';
import { AnyScope } from '../decorators/any-scope.decorator.js';
import { NoInternalToken } from '../decorators/no-internal-token.decorator.js';
import { Public } from '../decorators/public.decorator.js';
import { reflectRoutes } from './reflect-routes.js';
import { RequirePermissions } from '../decorators/require-permissions.decorator.js';
import { RequireScope } from '../decorators/require-scope.decorator.js';

@Controller('orders')
@RequireScope('orders.read')
@RequirePermissions('orders:read')
class OrdersController {
  @Get()
  list() {}

  @Post('/:id/cancel/')
  @RequireScope('orders.write', 'orders.admin')
  @RequirePermissions('orders:write', 'orders:read')
  cancel() {}

  @Get(['me', 'self'])
  @AnyScope()
  me() {}

  @All('health')
  @NoInternalToken()
  health() {}

  noHandler() {}
}

@Controller()
@Public()
class RootController {
  @Get()
  home() {}
}

@Controller('special-orders')
class SpecialOrdersController extends OrdersController {
  @Get()
  @Public()
  override list() {}
}

@Controller({ path: 'items', version: ['1', VERSION_NEUTRAL], host: ['a.example', ':tenant.example'] })
class VersionedController {
  @Get()
  list() {}

  @Get('next')
  @Version('2')
  next() {}
}

describe('reflectRoutes()', () => {
  it('reads method, pattern and policy from the decorators, without creating the controller', () => {
    expect(reflectRoutes([OrdersController], 'orders')).toEqual([
      {
        method: 'GET',
        path: '/orders',
        domain: 'orders',
        handler: 'OrdersController.list',
        access: 'token',
        scopes: ['orders.read'],
        permissions: ['orders:read'],
      },
      {
        method: 'POST',
        path: '/orders/:id/cancel',
        domain: 'orders',
        handler: 'OrdersController.cancel',
        access: 'token',
        scopes: ['orders.write', 'orders.admin'],
        permissions: ['orders:read', 'orders:write'],
      },
      ...['me', 'self'].map((path) => ({
        method: 'GET',
        path: `/orders/${path}`,
        domain: 'orders',
        handler: 'OrdersController.me',
        access: 'token',
        scopes: 'any',
        permissions: ['orders:read'],
      })),
      {
        method: 'ALL',
        path: '/orders/health',
        domain: 'orders',
        handler: 'OrdersController.health',
        access: 'none',
        scopes: undefined,
        permissions: [],
      },
    ]);
  });

  it('recognizes the root path and class-wide access', () => {
    expect(reflectRoutes([RootController], 'site')).toEqual([
      expect.objectContaining({ method: 'GET', path: '/', access: 'public', scopes: undefined, permissions: [] }),
    ]);
  });

  it('keeps inherited handlers and the class policy under the path of the subclass', () => {
    const routes = reflectRoutes([SpecialOrdersController], 'orders');
    const of = (name: string) => routes.find(({ handler }) => handler === `SpecialOrdersController.${name}`);
    expect(of('list')).toMatchObject({ path: '/special-orders', access: 'public', scopes: ['orders.read'] });
    expect(of('cancel')).toMatchObject({
      path: '/special-orders/:id/cancel',
      scopes: ['orders.write', 'orders.admin'],
    });
  });

  it('R213: reads versions and hosts, and adds the path of RouterModule', () => {
    expect(reflectRoutes([VersionedController], 'shop', { modulePath: '/shop/' })).toMatchObject([
      { path: '/shop/items', versions: ['1', null], hosts: ['a.example', ':tenant.example'] },
      { path: '/shop/items/next', versions: ['2'], hosts: ['a.example', ':tenant.example'] },
    ]);
  });

  it('returns plain data that survives JSON', () => {
    const routes = reflectRoutes([RootController, OrdersController, VersionedController], 'any');
    expect(JSON.parse(JSON.stringify(routes))).toEqual(routes);
  });
});

describe('Contradicting decorators', () => {
  it.each([
    ['@Public() and @NoInternalToken()', () => [Public(), NoInternalToken()]],
    ['@RequireScope() and @AnyScope()', () => [RequireScope('a'), AnyScope()]],
    ['@RequirePermissions() twice', () => [RequirePermissions('a'), RequirePermissions('b')]],
  ])('%s throw where they are written', (_name, decorators) => {
    class Subject {}
    expect(() => decorators().forEach((decorate) => decorate(Subject))).toThrow(
      expect.objectContaining({ code: 'configuration_invalid' }),
    );
  });

  it('refuses @NoInternalToken() on a class with a scope on its handler, since neither could safely win', () => {
    @NoInternalToken()
    class Metrics {
      @Get()
      @RequireScope('metrics.read')
      read() {}
    }
    expect(() => reflectRoutes([Metrics], 'metrics')).toThrow(/Metrics\.read/);
  });

  it.each([
    ['a purpose with a space', () => RequireScope('orders read')],
    ['an empty purpose', () => RequireScope('')],
    ['no purpose', () => Reflect.apply(RequireScope, undefined, [])],
    ['no permission', () => Reflect.apply(RequirePermissions, undefined, [])],
    ['an empty permission', () => RequirePermissions('')],
  ])('refuses %s, which would admit everybody or nobody', (_name, decorate) => {
    expect(decorate).toThrow(expect.objectContaining({ code: 'configuration_invalid' }));
  });
});
