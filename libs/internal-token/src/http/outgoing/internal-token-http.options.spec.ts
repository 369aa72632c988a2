import { type InternalTokenHttpOptions, resolvePeers } from './internal-token-http.options.js';

const namesOf = (options: InternalTokenHttpOptions) =>
  [...resolvePeers(options)].map(([origin, { name }]) => [origin, name]);

describe('resolvePeers()', () => {
  it('names peers by their key or by their host', () => {
    expect(namesOf({ internalOrigins: { orders: 'http://orders:3003' } })).toEqual([['http://orders:3003', 'orders']]);
    expect(namesOf({ internalOrigins: ['http://Orders:80/', 'https://stock:8443'] })).toEqual([
      ['http://orders', 'orders'],
      ['https://stock:8443', 'stock:8443'],
    ]);
  });

  it('R91: has no peers by default', () => {
    expect(resolvePeers({ internalOrigins: [] }).size).toBe(0);
  });

  it.each([['orders'], ['orders:3003'], ['ORDERS']])(
    'R99: a denied host %s gets no token even if its origin is listed',
    (host) => {
      const options = { internalOrigins: ['http://orders:3003', 'http://stock:3002'], deniedHosts: [host] };
      expect([...resolvePeers(options).keys()]).toEqual(['http://stock:3002']);
    },
  );

  it.each([
    ['orders:3003', 'give scheme, host and port'],
    ['orders', 'give scheme, host and port'],
    ['ftp://orders', 'give scheme, host and port'],
    ['http://orders/api', 'write http://orders'],
    ['http://orders?x', 'write http://orders'],
    ['http://user:secret@orders', 'write http://orders'],
    ['http://*.internal', 'a wildcard would be anybody'],
    ['http://0.0.0.0:3002', 'write the address where it is reached'],
    ['http://0:3002', 'write the address where it is reached'],
    ['https://[::]:3002', 'write the address where it is reached'],
    ['http://[::ffff:0.0.0.0]', 'write the address where it is reached'],
    [3003, 'give scheme, host and port'],
  ])('refuses %j as an origin and says what to write instead', (origin, fix) => {
    const resolve = () => resolvePeers({ internalOrigins: [origin as string] });
    expect(resolve).toThrow(expect.objectContaining({ code: 'configuration_invalid' }));
    expect(resolve).toThrow(/^.*internalOrigins: /);
    expect(resolve).toThrow(fix);
    expect(resolve).not.toThrow('secret');
  });

  it.each(['', 'http://orders', 'a/b', 'a b'])('refuses %j as a denied host', (host) => {
    expect(() => resolvePeers({ internalOrigins: [], deniedHosts: [host] })).toThrow('deniedHosts: ');
  });

  it.each<[unknown, string]>([
    [{ 'http://stock:3002': [{ port: 1 }] }, 'list the origin in internalOrigins'],
    [{ orders: [{ port: 1 }] }, 'connections: "orders" is not accepted'],
    [{ 'http://orders:3003': { port: 1 } }, 'give a list of ends'],
    ...[{}, null, 'x', { port: 0 }, { port: '1' }, { address: 'sidecar' }, { unixSocket: false }, { path: '/s' }].map(
      (end): [unknown, string] => [{ 'http://orders:3003': [end] }, 'give { address (IP), port }'],
    ),
    [{ 'http://orders:3003': [{ unixSocket: true, port: 1 }] }, 'give { address (IP), port }'],
    [{ 'http://orders:3003': [{ servername: 'orders' }] }, 'for https, { servername }'],
  ])('refuses %j as connections and says what to write instead', (connections, fix) => {
    const resolve = () => resolvePeers({ internalOrigins: ['http://orders:3003'], connections } as never);
    expect(resolve).toThrow(expect.objectContaining({ code: 'configuration_invalid' }));
    expect(resolve).toThrow(fix);
  });

  it('refuses options without a list of origins', () => {
    expect(() => resolvePeers({} as never)).toThrow('internalOrigins: undefined is not accepted');
  });
});
