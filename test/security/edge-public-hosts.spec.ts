import { EdgeGateway } from '../support/edge-gateway.js';
import { head } from '../support/raw-http.js';
import { RawUpstream } from '../support/upstream.js';

const PUBLIC = ['shop.example', 'shop.example:8443', '*.tenants.example', '[2001:db8::1]'];
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('public host names', () => {
  let upstream: RawUpstream;
  let direct: EdgeGateway;
  let behindProxy: EdgeGateway;

  beforeAll(async () => {
    upstream = await RawUpstream.start(({ socket }) => void socket.write(OK));
    const edge = { headers: { publicHosts: PUBLIC }, forwarding: { upstreams: { orders: { origin: upstream.url } } } };
    direct = await EdgeGateway.start({ edge });
    behindProxy = await EdgeGateway.start({
      edge: { ...edge, headers: { ...edge.headers, trustedProxies: ['127.0.0.1'] } },
    });
  });
  afterAll(async () => {
    await direct.close();
    await behindProxy.close();
    await upstream.close();
  });

  const ask = (gateway: EdgeGateway, host: string, ...lines: readonly string[]) =>
    gateway.send(head('GET /catalog/items HTTP/1.1', `Host: ${host}`, ...lines));
  const status = async (...request: Parameters<typeof ask>) => (await ask(...request)).status;

  it.each([
    'shop.example',
    'SHOP.Example',
    'shop.example:443',
    'shop.example:80',
    'shop.example:8443',
    'acme.tenants.example',
    '[2001:DB8::1]',
  ])('R176: serves %s', async (host) => {
    expect(await status(direct, host)).toBe(200);
  });

  it.each([
    'evil.example',
    'shop.example.evil.example',
    'shop.example.',
    'shop.example:1337',
    'shop.example:',
    'shop.example@evil.example',
    'shop.example, evil.example',
    'www.shop.example',
    'tenants.example',
    '.tenants.example',
    '*.tenants.example',
    'a.b.tenants.example',
    'a/b.tenants.example',
    '127.0.0.1',
    '',
  ])('R176: answers 421 to "%s" before any handler', async (host) => {
    const response = await ask(direct, host, 'X-Forwarded-Host: shop.example');
    expect(response.status).toBe(421);
    expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(response.headers['www-authenticate']).toBeUndefined();
    expect(JSON.parse(response.body)).toMatchObject({ status: 421, code: 'misdirected_request' });
    expect(response.body).not.toContain('evil');
  });

  it('R176: checks preflights, HTTP/1.0 without Host, and absolute targets too', async () => {
    const preflight = ['Origin: https://a.example', 'Access-Control-Request-Method: GET'];
    const answers = [
      await direct.send(head('OPTIONS /catalog/items HTTP/1.1', 'Host: evil.example', ...preflight)),
      await direct.send(head('GET /catalog/items HTTP/1.0')),
      await direct.send(head('GET http://evil.example/catalog/items HTTP/1.1', 'Host: shop.example')),
    ];
    expect(answers.map(({ status }) => status)).toEqual([421, 421, 421]);
    const absolute = head('GET http://shop.example/catalog/items HTTP/1.1', 'Host: evil.example');
    expect((await direct.send(absolute)).status).toBe(200);
  });

  it('R176: takes the host from a configured proxy, and from nobody else', async () => {
    expect(await status(behindProxy, 'gateway.internal', 'X-Forwarded-Host: shop.example')).toBe(200);
    expect(await status(behindProxy, 'gateway.internal', 'X-Forwarded-Host: shop.example, lb.internal')).toBe(200);
    expect(await status(behindProxy, 'shop.example', 'X-Forwarded-Host: evil.example, shop.example')).toBe(421);
    expect(await status(behindProxy, 'shop.example', 'X-Forwarded-Host: evil.example')).toBe(421);
    expect(await status(behindProxy, 'shop.example', 'X-Forwarded-Host:')).toBe(421);
    expect(await status(behindProxy, 'shop.example')).toBe(200);
    expect(await status(behindProxy, 'gateway.internal')).toBe(421);
  });

  it('R176: passes the checked host on to a service', async () => {
    const request = (host: string) =>
      behindProxy.send(head('GET /orders HTTP/1.1', 'Host: lb', `X-Forwarded-Host: ${host}`, behindProxy.bearer()));
    expect((await request('evil.example')).status).toBe(421);
    expect(upstream.received).toBe('');
    expect((await request('shop.example, inner.example')).status).toBe(200);
    expect(upstream.received).toMatch(/^X-Forwarded-Host: shop\.example\r$/m);
  });
});
