import { EdgeGateway, problemIn } from '../support/edge-gateway.js';

const INSIDE = [
  '/internal',
  '/internal/',
  '/internal/orders/secret',
  '/internal/orders/secret?x=1',
  '/internal/orders/secret/',
  '/internal/orders/secret;a=b',
  '/internal;a=b/orders/secret',
  '/INTERNAL/orders/secret',
  '/Internal/Orders/Secret',
  '//internal/orders/secret',
  '///internal//orders//secret',
  '/internal//orders/secret',
  '/%69nternal/orders/secret',
  '/%49nternal/orders/secret',
  '/%69%6e%74%65%72%6e%61%6c/orders/secret',
  '/internal%2forders%2fsecret',
  '/internal%2Forders/secret',
  '/%2finternal/orders/secret',
  '/internal%5corders%5csecret',
  '/internal\\orders\\secret',
  '/\\internal/orders/secret',
  '/./internal/orders/secret',
  '/orders/../internal/orders/secret',
  '/orders/%2e%2e/internal/orders/secret',
  '/orders/.%2e/internal/orders/secret',
  '/orders/%2E./internal/orders/secret',
  '/orders/..;/internal/orders/secret',
  '/orders/..%2finternal/orders/secret',
  '/orders/..%5cinternal/orders/secret',
  '/%252e%252e/internal/orders/secret',
  '/%2569nternal/orders/secret',
  '/internal%00/orders/secret',
  '/internal/orders/secret%00',
  '/internal/orders/secret%0a',
  '/%20internal/orders/secret',
  '/internal%20/orders/secret',
  '/%ef%bd%89nternal/orders/secret',
  '/internal/orders/secret#x',
  '/internal%23/orders/secret',
  '/%c0%afinternal/orders/secret',
  '/internal/orders/%zz',
  '/internal/orders/%',
  '/internal/orders/secret%',
  'http://api.example.test/internal/orders/secret',
  'HTTP://api.example.test//internal/orders/secret',
  'https://api.example.test/%69nternal/orders/secret',
  'http://api.example.test/orders/../internal/orders/secret',
  'http://user@api.example.test/internal/orders/secret',
  'http:internal/orders/secret',
  'internal/orders/secret',
  '*',
] as const;

describe.each(['fastify', 'express'] as const)('path spellings (%s)', (platform) => {
  let gateway: EdgeGateway;

  beforeAll(async () => {
    gateway = await EdgeGateway.start({ platform });
  });
  afterAll(() => gateway.close());

  it.each(INSIDE)('keeps internal paths out of reach: %s', async (path) => {
    for (const method of ['GET', 'POST', 'OPTIONS', 'HEAD']) {
      const { responses } = await gateway.untilClosed(
        `${method} ${path} HTTP/1.1\r\nHost: a\r\n${gateway.bearer()}\r\nConnection: close\r\n\r\n`,
      );
      const [response] = responses;
      if (method !== 'HEAD') expect(responses).toHaveLength(1);
      if (response === undefined) continue;
      expect([400, 404]).toContain(response.status);
      expect(response.body).not.toContain('internal.secret');
      expect(response.body).not.toContain('pages.page');
    }
    expect(gateway.tokens.signed).toBe(0);
  });

  it.each(['/health/ready', '/health/ready?x', '//health/ready', '/health//ready', '/HEALTH/READY', '/%68ealth/ready'])(
    'R77: hides a handler without a token from the public listener: %s',
    async (path) => {
      const response = await gateway.get(path);
      expect(response.body).not.toBe('ready');
      // Fastify matches paths case-sensitively, so the catch-all public route answers.
      if (response.status === 200) expect(response.body).toContain('pages.page');
      else expect(response.status).toBe(404);
    },
  );

  it.each([
    ['/orders/', 404],
    ['//orders', 404],
    ['/orders//', 404],
    ['/Orders', 404],
    ['/orders;x', 404],
    ['/nowhere/at/all', 404],
    ['/orders/a%2fb', 400],
    ['/orders/a%5Cb', 400],
    ['/orders/a%00b', 400],
    ['/orders/%c3', 400],
    ['/orders/%', 400],
    ['/orders/%4', 400],
    ['/orders/.', 400],
    ['/orders/..', 400],
    ['/orders/%2e%2e', 400],
    ['/orders/x#y', 400],
    ['/orders/caf\u00e9', 400],
    ['/orders/a"b', 400],
  ])('answers %s at the gateway with %i', async (path, status) => {
    const { responses } = await gateway.untilClosed(
      `GET ${path} HTTP/1.1\r\nHost: a\r\n${gateway.bearer()}\r\nConnection: close\r\n\r\n`,
    );
    expect(responses).toHaveLength(1);
    const [response] = responses;
    expect(response?.status).toBe(status);
    expect(problemIn(response!)['code']).toBe(status === 404 ? 'route_not_found' : 'invalid_request');
  });

  it.each([
    ['/orders/7', '7'],
    ['/orders/%37', '7'],
    ['/orders/a%20b', 'a b'],
    ['/orders/a;b=c', 'a;b=c'],
    ['/orders/a%3Fb', 'a?b'],
    ['/orders/a%25b', 'a%b'],
    ['/orders/%E6%9D%B1', '東'],
    ['http://api.example.test/orders/7?q', '7'],
  ])('gateway and handler read %s the same way', async (path, id) => {
    const response = await gateway.get(path, gateway.bearer());
    expect(response.status).toBe(200);
    expect(JSON.parse(Buffer.from(response.body, 'latin1').toString())).toMatchObject({ handler: 'orders.one', id });
  });

  it('routes an escape in the fixed part of a path to the same handler or to none', async () => {
    const response = await gateway.get('/%6frders/7', gateway.bearer());
    // Fastify decodes before matching, Express does not.
    if (platform === 'fastify') expect(JSON.parse(response.body)).toMatchObject({ handler: 'orders.one', id: '7' });
    else expect(problemIn(response)['code']).toBe('route_not_found');
  });

  it('takes the host of an absolute target over the Host header', async () => {
    const response = await gateway.get('http://other.example.test/catalog/items', 'X: y');
    expect(JSON.parse(response.body)).toMatchObject({ url: '/catalog/items', headers: { host: 'other.example.test' } });
  });

  it('does not let a broader route answer a path with a more specific one', async () => {
    expect((await gateway.get('/catalog/items')).body).toContain('catalog.items');
    expect((await gateway.get('/about/us')).body).toContain('pages.page');
    expect((await gateway.get('/orders/me')).status).toBe(401);
  });

  it('answers 405 with Allow to another method of a known path', async () => {
    const response = await gateway.send('PUT /orders HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(response.status).toBe(405);
    expect(response.headers['allow']).toBe('GET, HEAD, POST');
  });

  it('answers HEAD like GET, without the body and with the same requirements', async () => {
    const bare = await gateway.untilClosed('HEAD /orders HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(bare.responses[0]?.status ?? 401).toBe(401);
    const head = `HEAD /orders HTTP/1.1\r\nHost: a\r\n${gateway.bearer()}\r\nConnection: close\r\n\r\n`;
    const minted = gateway.tokens.minted;
    await gateway.untilClosed(head);
    expect(gateway.tokens.minted).toBe(minted + 1);
  });
});
