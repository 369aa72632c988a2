import { EdgeGateway, problemIn, seenIn } from '../support/edge-gateway.js';
import { ask, exchange, head } from '../support/raw-http.js';

describe.each(['fastify', 'express'] as const)('the public and the internal listener (%s)', (platform) => {
  let gateway: EdgeGateway;
  let token: string;

  beforeAll(async () => {
    gateway = await EdgeGateway.start({ platform });
    token = await gateway.internalToken();
  });
  afterAll(() => gateway.close());

  const inside = (path: string, ...lines: readonly string[]) =>
    ask(gateway.internal.port, head(`GET ${path} HTTP/1.1`, 'Host: a', ...lines));

  it('verifies tokens on the internal listener: accepts valid ones, refuses missing, invalid and access tokens', async () => {
    expect((await inside('/internal/orders/secret', `Txn-Token: ${token}`)).body).toContain('internal.secret');
    expect((await inside('/internal/orders/secret')).status).toBe(401);
    expect((await inside('/internal/orders/secret', `Txn-Token: ${token}x`)).status).toBe(401);
    expect((await inside('/internal/orders/secret', gateway.bearer())).status).toBe(401);
    expect((await inside('/orders', gateway.bearer())).status).toBe(401);
    const twice = await inside('/orders', `Txn-Token: ${token}`, `Txn-Token: ${token}`);
    expect(problemIn(twice)['code']).toBe('txn_multiple');
  });

  it("serves a domain's public routes on the internal listener as a service does, without minting", async () => {
    const minted = gateway.tokens.minted;
    const response = await inside('/orders', `Txn-Token: ${token}`);
    expect(response.status).toBe(200);
    const { claims, txn } = seenIn(response);
    expect(claims).toMatchObject({ userId: 'root', scope: 'orders.read orders.write' });
    expect(txn).toBe(claims.tokenId);
    expect(response.headers['x-request-id']).toBe(claims.tokenId);
    expect((await inside('/catalog/items')).status).toBe(401);
    expect(gateway.tokens.minted).toBe(minted);
  });

  it('serves routes that need no token on the internal listener', async () => {
    expect((await inside('/health/ready')).body).toBe('ready');
  });

  it('applies the rules of the socket: no header makes an outside request an inside one', async () => {
    const { port } = gateway.internal;
    for (const lines of [
      [`Host: 127.0.0.1:${port}`],
      ['Host: a', 'X-Forwarded-Port: 3100', 'X-Forwarded-Host: internal'],
      ['Host: a', 'X-Internal: true', 'X-Forwarded-For: 127.0.0.1'],
      ['Host: a', `Forwarded: host=127.0.0.1:${port}`],
    ]) {
      const bytes = head('GET /internal/orders/secret HTTP/1.1', ...lines, `Txn-Token: ${token}`);
      expect((await gateway.send(bytes)).status).toBe(404);
    }
  });

  it.each([
    ['no host', 'GET /health/ready HTTP/1.1\r\n\r\n', 400],
    ['two hosts', 'GET /health/ready HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
    ['another version', 'GET /health/ready HTTP/2.0\r\nHost: a\r\n\r\n', 505],
    ['an unknown expectation', 'GET /health/ready HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n', 417],
  ])(
    'refuses an ambiguous request with a problem body and an id on both listeners: %s',
    async (_name, bytes, status) => {
      for (const port of [gateway.port, gateway.internal.port]) {
        const { responses, closed } = await exchange(port, bytes);
        expect(closed).toBe(true);
        expect(responses.map((response) => response.status)).toEqual([status]);
        expect(problemIn(responses[0]!)['code']).toBe('invalid_request');
      }
    },
  );

  it('answers bytes that are not HTTP on both listeners', async () => {
    for (const port of [gateway.port, gateway.internal.port]) {
      const response = await ask(port, 'rubbish\r\n\r\n');
      expect(response.status).toBe(400);
      expect(problemIn(response)['code']).toBe('invalid_request');
    }
  });
});

describe.each(['fastify', 'express'] as const)('shutting down the application (%s)', (platform) => {
  it('answers open requests on the internal listener, then closes both', async () => {
    const gateway = await EdgeGateway.start({ platform });
    const { server } = gateway.internal;
    const body = '{}';
    const opened = new Promise((resolve) => server.once('request', resolve));
    const open = ask(gateway.internal.port, [
      `POST /catalog/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
      body,
    ]);
    await opened;
    await Promise.all([gateway.close(), open.then(({ status }) => expect([401, 503]).toContain(status))]);
    expect(server.listening).toBe(false);
    await expect(ask(gateway.internal.port, head('GET / HTTP/1.1', 'Host: a'))).rejects.toThrow(/ECONNREFUSED/);
  });
});
