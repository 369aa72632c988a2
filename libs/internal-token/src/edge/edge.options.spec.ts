import { type EdgeOptions, resolveEdgeOptions } from './edge.options.js';

const options = (rest: Record<string, unknown> = {}): EdgeOptions =>
  ({
    routes: [],
    issuers: [{ issuer: 'https://login.example', audience: 'api', discovery: true }],
    ...rest,
  }) as EdgeOptions;

describe('resolveEdgeOptions', () => {
  it('fills in the defaults and is frozen', () => {
    const settings = resolveEdgeOptions(options());
    expect(settings).toMatchObject({
      forwardAuthorization: false,
      allowOutlive: false,
      enrichmentTimeoutMs: 500,
      realm: 'api',
    });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it.each([
    [{ routes: undefined }, /"routes" is undefined: .*reflectRoutes/],
    [{ issuers: [] }, /"issuers" is \[\]: name at least one/],
    [{ enrichmentTimeoutMs: 0 }, /"enrichmentTimeoutMs" is 0/],
    [{ enrichmentTimeoutMs: 'soon' }, /"enrichmentTimeoutMs" is "soon"/],
    [{ realm: 'a\r\nb' }, /"realm"/],
    [{ stripHeaders: ['x y'] }, /"stripHeaders" is "x y"/],
    [{ trustedProxies: ['10.0.0.0/99'] }, /trustedProxies: "10.0.0.0\/99"/],
    [{ trustedCallers: ['mesh'] }, /trustedCallers: "mesh"/],
    [{ upstreams: { orders: 'http://127.0.0.1:3003' } }, /"upstreams" is "orders": no route/],
    [{ remoteDomains: ['orders'] }, /has no option "remoteDomains"/],
    [{ trustProxy: true }, /has no option "trustProxy"; it has: routes/],
  ])('%j is refused by name', (wrong, message) => {
    expect(() => resolveEdgeOptions(options(wrong))).toThrow(message);
  });
});
