import { resolveUpstreams, type UpstreamOptions } from './upstream.options.js';

const domains = new Set(['catalog', 'orders']);

describe('resolveUpstreams', () => {
  it('R169: forwards nothing by default, and has default limits', () => {
    expect(resolveUpstreams({}, domains)).toEqual({
      origins: new Map(),
      timeoutMs: undefined,
      restartMs: 3000,
      maxConnections: 256,
      maxPending: 1024,
      maxBytes: Infinity,
      tls: {},
    });
  });

  it('accepts origins in any spelling', () => {
    const upstreams = { catalog: 'http://CATALOG:80/', orders: 'https://[::1]:3003' };
    expect([...resolveUpstreams({ upstreams }, domains).origins]).toEqual([
      ['catalog', 'http://catalog'],
      ['orders', 'https://[::1]:3003'],
    ]);
  });

  it.each<[UpstreamOptions, RegExp]>([
    [{ upstreams: { odrers: 'http://a' } }, /"upstreams" is "odrers": no route .*catalog, orders/],
    [{ upstreams: { orders: 'orders:3003' } }, /"upstreams.orders" is "orders:3003": give an origin/],
    [{ upstreams: { orders: '' } }, /"upstreams.orders" is ""/],
    [{ upstreams: { orders: undefined as unknown as string } }, /"upstreams.orders" is undefined/],
    [{ upstreams: { orders: 'ftp://a' } }, /give an origin/],
    [{ upstreams: { orders: 'http://a/api' } }, /without path and query/],
    [{ upstreams: { orders: 'http://a/?x' } }, /without path and query/],
    [{ upstreamTimeoutMs: 0 }, /"upstreamTimeoutMs" is 0/],
    [{ upstreamTimeoutMs: 1.5 }, /"upstreamTimeoutMs" is 1.5/],
    [{ upstreamRestartMs: -1 }, /"upstreamRestartMs" is -1/],
    [{ upstreamMaxConnections: 0 }, /"upstreamMaxConnections" is 0/],
    [{ upstreamMaxPending: -1 }, /"upstreamMaxPending" is -1/],
    [{ maxForwardedBytes: 0.5 }, /"maxForwardedBytes" is 0.5/],
  ])('refuses %j and names the option', (options, message) => {
    expect(() => resolveUpstreams(options, domains)).toThrow(message);
  });

  it('does not repeat a password', () => {
    const upstreams = { orders: 'http://user:hunter2@orders:3003' };
    expect(() => resolveUpstreams({ upstreams }, domains)).toThrow(/credentials/);
    expect(() => resolveUpstreams({ upstreams }, domains)).not.toThrow(/hunter2/);
  });
});
