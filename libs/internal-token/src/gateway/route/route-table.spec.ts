import type { RouteDefinition } from '../../nest/index.js';
import { RouteTable } from './route-table.js';

const route = (method: string, path: string, rest: Partial<RouteDefinition> = {}): RouteDefinition => ({
  method,
  path,
  domain: 'orders',
  handler: `${method} ${path}`,
  access: 'token',
  scopes: undefined,
  permissions: [],
  ...rest,
});

const table = new RouteTable([
  route('GET', '/orders'),
  route('POST', '/orders'),
  route('GET', '/orders/:id'),
  route('GET', '/orders/me'),
  route('HEAD', '/orders/me'),
  route('ALL', '/files/*path'),
  route('GET', '/health', { access: 'none' }),
]);

describe('RouteTable', () => {
  it.each([
    ['GET', '/orders', 'GET /orders'],
    ['HEAD', '/orders', 'GET /orders'],
    ['HEAD', '/orders/me', 'HEAD /orders/me'],
    ['GET', '/orders?x', 'GET /orders'],
    ['GET', '/orders/me', 'GET /orders/me'],
    ['GET', '/orders/m%65', 'GET /orders/me'],
    ['GET', '/orders/7', 'GET /orders/:id'],
    ['DELETE', '/files/a/b/c', 'ALL /files/*path'],
  ])('%s %s is %s', (method, url, handler) => {
    expect(table.find(method, url)?.handler).toBe(handler);
  });

  it.each([
    ['PUT', '/orders'],
    ['get', '/orders'],
    ['GET', '/Orders'],
    ['GET', '/orders/'],
    ['GET', '//orders'],
    ['GET', '/orders//'],
    ['GET', '/orders/7/x'],
    ['GET', `/orders/${'7'.repeat(200)}`],
    ['PURGE', '/orders'],
    ['__proto__', '/orders'],
    ['constructor', '/orders'],
  ])('%s %s is nothing', (method, url) => {
    expect(table.find(method, url)).toBeUndefined();
  });

  it('tells which methods a path answers to outsiders', () => {
    expect(table.allowed('/orders')).toEqual(['GET', 'HEAD', 'POST']);
    expect(table.allowed('/health')).toEqual([]);
    expect(table.allowed('/nowhere')).toEqual([]);
  });

  it('two routes of one method and path stop the start by name', () => {
    expect(() => new RouteTable([route('GET', '/a/:x'), route('GET', '/a/:y')])).toThrow(
      /GET \/a\/:y.*may appear once/,
    );
  });
});
