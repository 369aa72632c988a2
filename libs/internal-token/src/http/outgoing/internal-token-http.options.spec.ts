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
    ['orders:3003', 'must be scheme, host and port'],
    ['orders', 'must be scheme, host and port'],
    ['ftp://orders', 'must be scheme, host and port'],
    ['http://orders/api', 'must be an origin, "http://orders", without user, path and query'],
    ['http://orders?x', 'must be an origin, "http://orders", without user, path and query'],
    ['http://user:secret@orders', 'must be an origin, "http://orders", without user, path and query'],
    ['http://*.internal', 'a wildcard would be anybody'],
    ['http://0.0.0.0:3002', 'must be the address where it is reached'],
    ['http://0:3002', 'must be the address where it is reached'],
    ['https://[::]:3002', 'must be the address where it is reached'],
    ['http://[::ffff:0.0.0.0]', 'must be the address where it is reached'],
    [3003, 'must be scheme, host and port'],
  ])('refuses %j as an origin and says what to write instead', (origin, fix) => {
    const resolve = () => resolvePeers({ internalOrigins: [origin as string] });
    expect(resolve).toThrow(expect.objectContaining({ code: 'configuration_invalid' }));
    expect(resolve).toThrow('"internalOrigins[0]"');
    expect(resolve).toThrow(fix);
    expect(resolve).not.toThrow('secret');
  });

  it.each(['', 'http://orders', 'a/b', 'a b'])('refuses %j as a denied host', (host) => {
    expect(() => resolvePeers({ internalOrigins: [], deniedHosts: [host] })).toThrow(
      '"deniedHosts[0]" must be a host name or host:port',
    );
  });

  it.each<[unknown, string]>([
    [{ 'http://stock:3002': [{ port: 1 }] }, 'is no origin of "internalOrigins"'],
    [{ orders: [{ port: 1 }] }, '"connections.orders" must be scheme, host and port'],
    [{ 'http://orders:3003': { port: 1 } }, 'must be a list of connection ends, not an object'],
    ...[
      [{}, 'says nothing; give { address, port }'],
      [null, 'must be an object'],
      ['x', 'must be an object'],
      [{ port: 0 }, 'must be a whole number from 1 to 65535, not 0'],
      [{ port: '1' }, 'must be a whole number from 1 to 65535, not "1"'],
      [{ address: 'sidecar' }, 'must be an IP address, not "sidecar"'],
      [{ unixSocket: false }, 'must be true, or left out, not false'],
      [{ path: '/s' }, 'there is no option "connections["http://orders:3003"][0].path"'],
      [{ unixSocket: true, port: 1 }, 'excludes "address" and "port"'],
      [{ servername: 'orders' }, 'is about TLS'],
    ].map(([end, fix]): [unknown, string] => [{ 'http://orders:3003': [end] }, fix as string]),
  ])('refuses %j as connections and says what to write instead', (connections, fix) => {
    const resolve = () => resolvePeers({ internalOrigins: ['http://orders:3003'], connections } as never);
    expect(resolve).toThrow(expect.objectContaining({ code: 'configuration_invalid' }));
    expect(resolve).toThrow(fix);
  });

  it('refuses options without a list of origins', () => {
    expect(() => resolvePeers({} as never)).toThrow('"internalOrigins" is missing; it must be');
  });
});
