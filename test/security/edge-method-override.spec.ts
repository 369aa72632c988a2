import { EdgeGateway, seenIn } from '../support/edge-gateway.js';

describe.each(['fastify', 'express'] as const)('a client that overrides the method or target (%s)', (platform) => {
  let gateway: EdgeGateway;

  beforeAll(async () => {
    gateway = await EdgeGateway.start({ platform });
  });
  afterAll(() => gateway.close());

  it.each(['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', 'X_HTTP_Method_Override'])(
    'neither obeys nor passes on %s',
    async (name) => {
      const response = await gateway.get('/orders', gateway.bearer({ scope: 'orders.read' }), `${name}: DELETE`);
      expect(response.status).toBe(200);
      expect(seenIn(response).handler).toBe('orders.list');
      expect(JSON.stringify(seenIn(response).rawHeaders)).not.toContain('DELETE');
    },
  );

  it.each(['X-Original-URL', 'X-Rewrite-URL', 'X-Original-URI', 'X-Forwarded-Uri', 'X-Forwarded-Prefix'])(
    'neither obeys nor passes on %s',
    async (name) => {
      for (const target of ['/catalog/items', '/internal/orders/secret', '/health/ready']) {
        expect((await gateway.get('/orders', `${name}: ${target}`)).status).toBe(401);
      }
      const seen = seenIn(await gateway.get('/catalog/items', `${name}: /internal/orders/secret`));
      expect(seen.handler).toBe('catalog.items');
      expect(JSON.stringify(seen.rawHeaders)).not.toContain('secret');
    },
  );

  it('ignores a method parameter in query or form', async () => {
    const body = '_method=DELETE';
    const response = await gateway.send(
      `POST /catalog/echo?_method=DELETE HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n` +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(response.status).not.toBe(204);
    expect((await gateway.send(`POST /orders/1?_method=DELETE HTTP/1.1\r\nHost: a\r\n\r\n`)).status).toBe(405);
  });
});
