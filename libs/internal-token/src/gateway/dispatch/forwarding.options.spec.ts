import { OptionPath } from '../../core/index.js';
import { checkDomains, forwardingOptions } from './forwarding.options.js';

const at = new OptionPath('test', 'forwarding');
const routes = [{ domain: 'catalog' }, { domain: 'orders' }];

function resolve(options?: object) {
  const resolved = forwardingOptions(options, at);
  checkDomains(resolved, routes, at);
  return resolved;
}

const orders = (options: object) => ({ upstreams: { orders: { origin: 'http://a', ...options } } });

describe('forwardingOptions', () => {
  it('R169: without options nothing is forwarded, and what will be has its limits', () => {
    expect(resolve()).toEqual({ upstreams: {}, maxBodyBytes: Infinity });
    expect(resolve(orders({})).upstreams).toEqual({
      orders: { origin: 'http://a', restartMs: 3000, maxConnections: 256, maxPending: 1024, tls: {} },
    });
  });

  it('takes origins, however they are written', () => {
    const upstreams = { catalog: { origin: 'http://CATALOG:80/' }, orders: { origin: 'https://[::1]:3003' } };
    expect(Object.values(resolve({ upstreams }).upstreams).map(({ origin }) => origin)).toEqual([
      'http://catalog',
      'https://[::1]:3003',
    ]);
  });

  it.each<[object, RegExp]>([
    [
      { upstreams: { odrers: { origin: 'http://a' } } },
      /"forwarding.upstreams.odrers" names a domain without routes; the domains are "catalog", "orders"/,
    ],
    [{ upstreams: { orders: 'http://a' } }, /"forwarding.upstreams.orders" must be an object \(options: "origin"/],
    [orders({ origin: 'orders:3003' }), /"forwarding.upstreams.orders.origin" must be an origin .*, not "orders:3003"/],
    [orders({ origin: '' }), /"forwarding.upstreams.orders.origin" must be .*, not an empty text/],
    [orders({ origin: undefined }), /"forwarding.upstreams.orders.origin" is missing; it must be an origin/],
    [orders({ origin: 'ftp://a' }), /must be an origin/],
    [orders({ origin: 'http://a/api' }), /without user name, path and query/],
    [orders({ origin: 'http://a/?x' }), /without user name, path and query/],
    [orders({ timeoutMs: 0 }), /"forwarding.upstreams.orders.timeoutMs" must be .*, not 0/],
    [orders({ timeoutMs: 1.5 }), /"forwarding.upstreams.orders.timeoutMs" must be .*, not 1.5/],
    [orders({ restartMs: -1 }), /"forwarding.upstreams.orders.restartMs" must be .*, not -1/],
    [orders({ maxConnections: 0 }), /"forwarding.upstreams.orders.maxConnections" must be .*, not 0/],
    [orders({ maxPending: -1 }), /"forwarding.upstreams.orders.maxPending" must be .*, not -1/],
    [{ maxBodyBytes: 0.5 }, /"forwarding.maxBodyBytes" must be .*, not 0.5/],
  ])('%j is refused by name', (options, message) => {
    expect(() => resolve(options)).toThrow(message);
  });

  it('does not repeat a password', () => {
    const wrong = orders({ origin: 'http://user:hunter2@orders:3003' });
    expect(() => resolve(wrong)).toThrow(/without user name/);
    expect(() => resolve(wrong)).not.toThrow(/hunter2/);
  });
});
