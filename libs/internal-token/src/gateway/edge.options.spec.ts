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
    [{ maxParameterLength: 0 }, /"maxParameterLength" is 0/],
    [{ openPaths: ['/internal/x'] }, /"openPaths" is "\/internal\/x"/],
    [{ issuers: [] }, /"issuers" is \[\]: name at least one/],
    [{ enrichmentTimeoutMs: 0 }, /"enrichmentTimeoutMs" is 0/],
    [{ enrichmentTimeoutMs: 'soon' }, /"enrichmentTimeoutMs" is "soon"/],
    [{ realm: 'a\r\nb' }, /"realm"/],
    [{ stripHeaders: ['x y'] }, /"stripHeaders" is "x y"/],
    [{ keepHeaders: ['x y'] }, /"keepHeaders" is "x y"/],
    [{ keepHeaders: ['X-Request-Id', 'Txn_Token'] }, /"keepHeaders" is "Txn_Token": it is always removed/],
    [{ keepHeaders: ['traceparent'] }, /"keepHeaders" is "traceparent"/],
    [{ keepHeaders: ['X-Forwarded-For'] }, /"keepHeaders" is "X-Forwarded-For"/],
    [{ keepHeaders: ['Connection'] }, /"keepHeaders" is "Connection"/],
    [{ keepHeaders: ['X-HTTP-Method-Override'] }, /"keepHeaders"/],
    [{ keepHeaders: ['x_roles'], stripHeaders: ['X-Roles'] }, /"keepHeaders" is "x_roles"/],
    [{ publicHosts: [] }, /"publicHosts" is \[\]/],
    [
      { publicHosts: ['shop.example', 'https://shop.example'] },
      /"publicHosts" is "https:\/\/shop.example": give hosts/,
    ],
    [{ publicHosts: ['*'] }, /"publicHosts" is "\*"/],
    [{ publicHosts: ['shop.*.example'] }, /"publicHosts"/],
    [{ trustedProxies: ['10.0.0.0/99'] }, /trustedProxies: "10.0.0.0\/99"/],
    [{ trustedCallers: ['mesh'] }, /trustedCallers: "mesh"/],
    [{ upstreams: { orders: 'http://127.0.0.1:3003' } }, /"upstreams" is "orders": no route/],
    [{ remoteDomains: ['orders'] }, /has no option "remoteDomains"/],
    [{ trustProxy: true }, /has no option "trustProxy"; it has: routes/],
  ])('%j is refused by name', (wrong, message) => {
    expect(() => resolveEdgeOptions(options(wrong))).toThrow(message);
  });
});
