import { EdgeGateway, problemIn, seenIn } from '../support/edge-gateway.js';
import { ask, exchange, head } from '../support/raw-http.js';

describe.each(['fastify', 'express'] as const)('two listeners, two sets of rules (%s)', (platform) => {
  let gateway: EdgeGateway;
  let token: string;

  beforeAll(async () => {
    gateway = await EdgeGateway.start({ platform });
    token = await gateway.internalToken();
  });
  afterAll(() => gateway.close());

  const inside = (path: string, ...lines: readonly string[]) =>
    ask(gateway.internal.port, head(`GET ${path} HTTP/1.1`, 'Host: a', ...lines));

  it('inside, a token is verified: right ones pass, none, wrong ones and access tokens do not', async () => {
    expect((await inside('/internal/orders/secret', `Txn-Token: ${token}`)).body).toContain('internal.secret');
    expect((await inside('/internal/orders/secret')).status).toBe(401);
    expect((await inside('/internal/orders/secret', `Txn-Token: ${token}x`)).status).toBe(401);
    expect((await inside('/internal/orders/secret', gateway.bearer())).status).toBe(401);
    expect((await inside('/orders', gateway.bearer())).status).toBe(401);
    const twice = await inside('/orders', `Txn-Token: ${token}`, `Txn-Token: ${token}`);
    expect(problemIn(twice)['code']).toBe('txn_multiple');
  });

  it('inside, a domain’s public routes behave like a service’s, and nothing is minted', async () => {
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

  it('inside, what needs no token answers without one', async () => {
    expect((await inside('/health/ready')).body).toBe('ready');
  });

  it('the socket decides: no field makes an outsider an insider', async () => {
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
    ['an expectation', 'GET /health/ready HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n', 417],
  ])('what is unclear is refused with a problem and an id on both alike: %s', async (_name, bytes, status) => {
    for (const port of [gateway.port, gateway.internal.port]) {
      const { responses, closed } = await exchange(port, bytes);
      expect(closed).toBe(true);
      expect(responses.map((response) => response.status)).toEqual([status]);
      expect(problemIn(responses[0]!)['code']).toBe('invalid_request');
    }
  });

  it('what is no HTTP is answered on both alike', async () => {
    for (const port of [gateway.port, gateway.internal.port]) {
      const response = await ask(port, 'rubbish\r\n\r\n');
      expect(response.status).toBe(400);
      expect(problemIn(response)['code']).toBe('invalid_request');
    }
  });
});

describe.each(['fastify', 'express'] as const)('closing the application (%s)', (platform) => {
  it('answers what is open on the internal listener, then closes both', async () => {
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
