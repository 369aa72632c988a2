import { EdgeGateway, seenIn } from '../support/edge-gateway.js';

describe.each(['fastify', 'express'] as const)('headers named by Connection (%s)', (platform) => {
  let gateway: EdgeGateway;

  beforeAll(async () => {
    gateway = await EdgeGateway.start({ platform });
  });
  afterAll(() => gateway.close());

  it.each([
    'Connection: close, Txn-Token',
    'Connection: Txn-Token, X-Request-Id, X-Forwarded-For',
    'connection: keep-alive, TXN-TOKEN',
    'Connection: txn_token',
    'Connection: close\r\nConnection: Txn-Token',
    'Connection:Txn-Token,,  ,close',
  ])('R52: delivers the minted claims whatever Connection names: %j', async (line) => {
    const response = await gateway.get('/orders', gateway.bearer(), line);
    expect(response.status).toBe(200);
    const { claims, txn, headers } = seenIn(response);
    expect(claims.userId).toBe('alice');
    expect(txn).toBe(response.headers['x-request-id']);
    expect(headers['connection']).toBeUndefined();
  });

  it('R52: removes every named header, and Connection itself', async () => {
    const seen = seenIn(
      await gateway.get('/catalog/items', 'Connection: X-One, close , x-two', 'X-One: 1', 'X-Two: 2', 'X-Three: 3'),
    );
    expect(seen.headers).toMatchObject({ 'x-three': '3' });
    for (const gone of ['connection', 'x-one', 'x-two']) {
      expect(seen.headers[gone]).toBeUndefined();
      expect(seen.distinct[gone]).toBeUndefined();
      expect(seen.rawHeaders.map((text) => text.toLowerCase())).not.toContain(gone);
    }
  });

  it('R52: treats a request that names Authorization as one without credentials', async () => {
    const response = await gateway.get('/orders', gateway.bearer(), 'Connection: Authorization');
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).not.toContain('error=');
  });

  it('R52: reads the body correctly even if Connection names its framing headers', async () => {
    const body = '{"item":1}';
    const response = await gateway.send(
      `POST /orders HTTP/1.1\r\nHost: a\r\n${gateway.bearer()}\r\nConnection: Content-Length, Host\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(response.status).toBe(201);
    expect(seenIn(response).body).toEqual({ item: 1 });
  });

  it.each(['Keep-Alive: timeout=5', 'Proxy-Connection: keep-alive', 'TE: trailers', 'Upgrade: foo'])(
    'R53: does not pass on the hop-by-hop header %s',
    async (line) => {
      const name = line.slice(0, line.indexOf(':')).toLowerCase();
      const response = await gateway.get('/orders', gateway.bearer(), line);
      expect(response.status).toBe(200);
      expect(seenIn(response).headers[name]).toBeUndefined();
    },
  );
});
