import { EdgeGateway } from '../support/edge-gateway.js';

const PREFLIGHT = (path: string, ...lines: readonly string[]): string =>
  [`OPTIONS ${path} HTTP/1.1`, 'Host: a', 'Origin: https://app.example.test', ...lines].join('\r\n') + '\r\n\r\n';

describe.each(['fastify', 'express'] as const)('responses to clients (%s)', (platform) => {
  let gateway: EdgeGateway;

  beforeAll(async () => {
    gateway = await EdgeGateway.start({
      platform,
      prepare: (app) => app.enableCors({ origin: true, exposedHeaders: ['X-Request-Id', 'Txn-Token'] }),
    });
  });
  afterAll(() => gateway.close());

  it('R57: removes Txn-Token from every response, however it was set', async () => {
    const response = await gateway.get('/catalog/leak');
    expect(response.status).toBe(200);
    expect(response.head.toLowerCase()).not.toContain('txn-token');
    expect(response.headers['access-control-expose-headers']).toBe('X-Request-Id');
  });

  it('R57: names the token in no CORS header', async () => {
    const simple = await gateway.get('/catalog/items', 'Origin: https://app.example.test');
    expect(simple.headers['access-control-allow-origin']).toBe('https://app.example.test');
    expect(simple.headers['access-control-expose-headers']?.toLowerCase()).not.toContain('txn-token');
    const asked = ['Access-Control-Request-Method: GET', 'Access-Control-Request-Headers: authorization,Txn-Token,x-b'];
    const preflight = await gateway.send(PREFLIGHT('/orders', ...asked));
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-headers']?.toLowerCase()).toBe('authorization, x-b');
  });

  it('answers a preflight without a token, a mint or a handler', async () => {
    const minted = gateway.tokens.minted;
    for (const path of ['/orders', '/orders/7', '/catalog/items', '/catalog/echo']) {
      const response = await gateway.send(PREFLIGHT(path, 'Access-Control-Request-Method: DELETE'));
      expect(response.status).toBe(204);
      expect(response.headers['access-control-allow-origin']).toBe('https://app.example.test');
      expect(response.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
    }
    expect(gateway.tokens.minted).toBe(minted);
  });

  it.each(['/internal/orders/secret', '/%69nternal/orders/secret', '/no/such/route', '/health/ready'])(
    'answers 404 to a preflight for %s',
    async (path) => {
      expect((await gateway.send(PREFLIGHT(path, 'Access-Control-Request-Method: POST'))).status).toBe(404);
    },
  );

  it('treats OPTIONS without preflight headers like any other request', async () => {
    expect((await gateway.send('OPTIONS /orders HTTP/1.1\r\nHost: a\r\n\r\n')).status).toBe(405);
    const minted = gateway.tokens.minted;
    await gateway.send('OPTIONS /catalog/echo HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(gateway.tokens.minted).toBe(minted + 1);
  });

  it.each(['/orders/7%0d%0aTxn-Token:x', '/orders/7%0aSet-Cookie:a=b', '/orders/7%E5%98%8A%E5%98%8Dx:y'])(
    'R56: turns no part of a target into a response header: %s',
    async (path) => {
      const response = await gateway.get(path, gateway.bearer());
      expect(response.head).not.toMatch(/set-cookie|x:y|txn-token/i);
    },
  );
});

describe('a preflight where CORS is not enabled', () => {
  it('does not reach a handler', async () => {
    const gateway = await EdgeGateway.start();
    const minted = gateway.tokens.minted;
    for (const path of ['/orders', '/catalog/echo']) {
      const response = await gateway.send(PREFLIGHT(path, 'Access-Control-Request-Method: GET'));
      expect([401, 404]).toContain(response.status);
    }
    expect(gateway.tokens.minted).toBe(minted);
    await gateway.close();
  });
});
