import type { RouteDefinition } from './reflect-routes.js';
import { EXACT_RULES, type PathRules } from './path-rules.js';
import type { RequestTraits } from './route-conditions.js';
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

const NO_TRAITS: RequestTraits = { versions: [], host: 'api.example' };
const EXPRESS: PathRules = {
  ...EXACT_RULES,
  caseSensitive: false,
  ignoreTrailingSlash: true,
  decodes: false,
  inOrder: true,
  explicitFirst: false,
};
const table = new RouteTable([
  route('GET', '/orders'),
  route('POST', '/orders'),
  route('GET', '/orders/:id'),
  route('GET', '/orders/me'),
  route('HEAD', '/orders/me'),
  route('ALL', '/files/*path'),
  route('GET', '/health', { access: 'none' }),
  route('GET', '/list{/:page}'),
  route('GET', '/pages/:page?'),
  route('GET', '/a{/b{/:c}}/d'),
  route('GET', '/coded/:id(^\\d{2}$)'),
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
    ['GET', `/orders/${'7'.repeat(2000)}`, 'GET /orders/:id'],
    ['DELETE', '/files/a/b/c', 'ALL /files/*path'],
    ['GET', '/list', 'GET /list{/:page}'],
    ['GET', '/list/2', 'GET /list{/:page}'],
    ['GET', '/pages', 'GET /pages/:page?'],
    ['GET', '/pages/2', 'GET /pages/:page?'],
    ['GET', '/a/d', 'GET /a{/b{/:c}}/d'],
    ['GET', '/a/b/d', 'GET /a{/b{/:c}}/d'],
    ['GET', '/a/b/7/d', 'GET /a{/b{/:c}}/d'],
    ['GET', '/coded/12', 'GET /coded/:id(^\\d{2}$)'],
  ])('%s %s is %s', (method, url, handler) => {
    expect(table.find(method, url, NO_TRAITS)?.handler).toBe(handler);
  });

  it.each([
    ['PUT', '/orders'],
    ['get', '/orders'],
    ['GET', '/Orders'],
    ['GET', '/orders/'],
    ['GET', '//orders'],
    ['GET', '/orders//'],
    ['GET', '/orders/7/x'],
    ['GET', '/list/'],
    ['GET', '/list/2/3'],
    ['GET', '/coded/123'],
    ['PURGE', '/orders'],
    ['__proto__', '/orders'],
    ['constructor', '/orders'],
  ])('%s %s is nothing', (method, url) => {
    expect(table.find(method, url, NO_TRAITS)).toBeUndefined();
    expect(table.candidates(method, url, NO_TRAITS)).toEqual([]);
  });

  it('R213: answers 414 for a parameter over the limit, unless another route takes it', () => {
    const limited = new RouteTable([route('GET', '/a/:id'), route('GET', '/b/:id'), route('GET', '/b/*rest')], {
      ...EXACT_RULES,
      maxParameterLength: 5,
    });
    expect(limited.find('GET', '/a/12345', NO_TRAITS)?.handler).toBe('GET /a/:id');
    expect(() => limited.find('GET', '/a/123456', NO_TRAITS)).toThrow(expect.objectContaining({ status: 414 }));
    expect(limited.find('GET', '/b/123456', NO_TRAITS)?.handler).toBe('GET /b/*rest');
    expect(limited.candidates('GET', '/a/123456', NO_TRAITS)).toEqual([]);
  });

  it.each(['/a/*b/c', '/a{/:b', '/a}', '/a/:"b c"', `/a${'{/:b}'.repeat(6)}`])(
    'stops the start for %s, naming the route and the fix',
    (path) => {
      expect(() => new RouteTable([route('GET', path)])).toThrow(
        expect.objectContaining({
          code: 'configuration_invalid',
          message: expect.stringMatching(/cannot be read: .* as a path of its own/) as string,
        }),
      );
    },
  );
});

describe('RouteTable by the rules of Express', () => {
  const named = (name: string, path: string, rest: Partial<RouteDefinition> = {}) =>
    route('GET', path, { handler: name, ...rest });
  const express = new RouteTable(
    [
      named('me', '/users/me'),
      named('one', '/users/:id'),
      named('late', '/users/late'),
      named('file', '/:name.json'),
      named('page', '/:page'),
      named('data', '/data.json'),
      named('rest', '/*rest'),
      named('late one', '/users/:id/late'),
    ],
    EXPRESS,
  );

  it.each([
    ['/users/me', 'me'],
    ['/USERS/Me/', 'me'],
    ['/users/7', 'one'],
    ['/users/late', 'one'],
    ['/users/m%65', 'one'],
    ['/data.json', 'file'],
    ['/data', 'page'],
    ['/users/7/late', 'rest'],
  ])('takes the first route that fits: %s is %s', (url, handler) => {
    expect(express.find('GET', url, NO_TRAITS)?.handler).toBe(handler);
  });

  it('does not take what only looks like the path once it is decoded', () => {
    const small = new RouteTable([named('me', '/users/me'), named('key', '/key')], EXPRESS);
    for (const url of ['/users/m%65', '/%E2%84%AAey', '/users%2fme']) {
      expect(small.find('GET', url, NO_TRAITS)).toBeUndefined();
    }
  });
});

describe('Routes that differ by version or host', () => {
  const versioned = [
    route('GET', '/items', { handler: 'neutral', versions: [null] }),
    route('GET', '/items', { handler: 'one', versions: ['1'] }),
    route('GET', '/items', { handler: 'two or three', versions: ['2', '3'] }),
  ];
  const traits = (versions: readonly string[] | undefined, host = 'shop.example'): RequestTraits => ({
    versions,
    host,
  });

  it.each([
    [['1'], 'one', 'neutral'],
    [['3'], 'two or three', 'neutral'],
    [['9'], 'neutral', 'neutral'],
    [[], 'neutral', 'neutral'],
    [['9', '2'], 'two or three', 'neutral'],
  ])('R213: asked for %j, Fastify serves by %s and Express by %s', (versions, fastify, inOrder) => {
    expect(new RouteTable(versioned).find('GET', '/items', traits(versions))?.handler).toBe(fastify);
    expect(new RouteTable(versioned, EXPRESS).find('GET', '/items', traits(versions))?.handler).toBe(inOrder);
  });

  it('R212: are all candidates where the version cannot be told', () => {
    const handlers = (rules: PathRules) =>
      new RouteTable(versioned, rules).candidates('GET', '/items', traits(undefined)).map(({ handler }) => handler);
    expect(handlers(EXACT_RULES)).toEqual(['one', 'two or three', 'neutral']);
    expect(handlers(EXPRESS)).toEqual(['neutral']);
  });

  const hosted = new RouteTable(
    [
      route('GET', '/', { handler: 'admin', hosts: ['admin.example', /^root\./] }),
      route('GET', '/', { handler: 'tenant', hosts: [':tenant.shop.example'] }),
      route('GET', '/', { handler: 'any' }),
    ],
    { ...EXACT_RULES, explicitFirst: false },
  );

  it.each([
    ['admin.example', 'admin'],
    ['ADMIN.example:8443', 'admin'],
    ['root.anything', 'admin'],
    ['admin.example.evil', 'any'],
    ['xadmin.example', 'any'],
    ['adminxexample', 'any'],
    ['acme.shop.example', 'tenant'],
    ['.shop.example', 'any'],
    ['[::1]:80', 'any'],
  ])('R213: %s is served by %s', (host, handler) => {
    expect(hosted.find('GET', '/', traits([], host))?.handler).toBe(handler);
  });

  it('R212: are all candidates where the host cannot be told', () => {
    const unknown = { versions: [], host: undefined };
    expect(hosted.candidates('GET', '/', unknown).map(({ handler }) => handler)).toEqual(['admin', 'tenant', 'any']);
  });
});
