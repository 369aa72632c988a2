import { type EdgeOptions, resolveEdgeOptions } from './edge.options.js';

const options = (rest: Record<string, unknown> = {}): EdgeOptions =>
  ({
    routes: { table: [] },
    accessTokens: { issuers: [{ issuer: 'https://login.example', audience: 'api', discovery: true }] },
    ...rest,
  }) as unknown as EdgeOptions;

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
    [{ routes: {} }, /"routes.table" is missing; it must be a list of routes, made by reflectRoutes/],
    [{ routes: { table: [], openPaths: ['/*'] } }, /"routes.openPaths\[0\]" opens everything/],
    [
      { routes: { table: [], openPaths: ['/internal/x'] } },
      /"routes.openPaths\[0\]" is "\/internal\/x", which is internal/,
    ],
    [{ routes: { table: [], maxParameterLength: 0 } }, /"routes.maxParameterLength" must be .*, not 0/],
    [{ accessTokens: { issuers: [] } }, /"accessTokens.issuers" must be a non-empty list .*, not an empty list/],
    [{ enrichmentTimeoutMs: 0 }, /"enrichmentTimeoutMs" must be .*, not 0/],
    [{ enrichmentTimeoutMs: 'soon' }, /"enrichmentTimeoutMs" must be .*, not "soon"/],
    [{ accessTokens: { ...options().accessTokens, realm: 'a\r\nb' } }, /"accessTokens.realm"/],
    [{ headers: { strip: ['x y'] } }, /"headers.strip\[0\]" must be the name of a header field, not "x y"/],
    [{ headers: { keep: ['x y'] } }, /"headers.keep\[0\]" must be the name of a header field, not "x y"/],
    [
      { headers: { keep: ['X-Request-Id', 'Txn_Token'] } },
      /"headers.keep\[1\]" cannot be "Txn_Token": it is always removed/,
    ],
    [{ headers: { keep: ['traceparent'] } }, /"headers.keep\[0\]" cannot be "traceparent"/],
    [{ headers: { keep: ['X-Forwarded-For'] } }, /"headers.keep\[0\]" cannot be "X-Forwarded-For"/],
    [{ headers: { keep: ['Connection'] } }, /"headers.keep\[0\]" cannot be "Connection"/],
    [{ headers: { keep: ['X-HTTP-Method-Override'] } }, /"headers.keep\[0\]"/],
    [{ headers: { keep: ['x_roles'], strip: ['X-Roles'] } }, /"headers.keep\[0\]" cannot be "x_roles"/],
    [{ headers: { publicHosts: [] } }, /"headers.publicHosts" must be a non-empty list of hosts, not an empty list/],
    [
      { headers: { publicHosts: ['shop.example', 'https://shop.example'] } },
      /"headers.publicHosts\[1\]" must be a host .*, not "https:\/\/shop.example"/,
    ],
    [{ headers: { publicHosts: ['*'] } }, /"headers.publicHosts\[0\]" must be .*, not "\*"/],
    [{ headers: { publicHosts: ['shop.*.example'] } }, /"headers.publicHosts\[0\]"/],
    [{ headers: { trustedProxies: ['10.0.0.0/99'] } }, /"headers.trustedProxies\[0\]" must be .*, not "10.0.0.0\/99"/],
    [{ headers: { trustedCallers: ['mesh'] } }, /"headers.trustedCallers\[0\]" must be .*, not "mesh"/],
    [
      { forwarding: { upstreams: { orders: { origin: 'http://127.0.0.1:3003' } } } },
      /"forwarding.upstreams.orders" names a domain without routes/,
    ],
    [{ remoteDomains: ['orders'] }, /there is no option "remoteDomains"/],
    [{ trustProxy: true }, /there is no option "trustProxy"; the options are "routes"/],
  ])('%j is refused by name', (wrong, message) => {
    expect(() => resolveEdgeOptions(options(wrong))).toThrow(message);
  });
});
