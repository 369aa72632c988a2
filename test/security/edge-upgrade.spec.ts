import { EdgeGateway, problemIn, seenIn } from '../support/edge-gateway.js';
import { switchProtocols } from '../support/handshake.js';

const H2C = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'];
const WEBSOCKET = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

describe.each(['fastify', 'express'] as const)('requests for another protocol (%s)', (platform) => {
  let gateway: EdgeGateway;

  beforeAll(async () => {
    gateway = await EdgeGateway.start({ platform, prepare: switchProtocols });
  });
  afterAll(() => gateway.close());

  it('R53: never answers a WebSocket handshake with 101 or 2xx, though a server listens for it', async () => {
    const minted = gateway.tokens.minted;
    for (const path of ['/orders', '/catalog/items', '/internal/orders/secret', '/nowhere']) {
      const without = await gateway.get(path, ...WEBSOCKET);
      expect([without.status, problemIn(without)['code']]).toEqual([401, 'access_token_missing']);
      const refused = await gateway.get(path, gateway.bearer(), ...WEBSOCKET);
      expect([refused.status, problemIn(refused)['code']]).toEqual([400, 'upgrade_refused']);
    }
    expect(gateway.tokens.minted).toBe(minted);
  });

  it.each([H2C, ['Connection: Upgrade', 'Upgrade: TLS/1.2, h2c']])(
    'R53: opens no route for Upgrade %s, and ignores it on a public one',
    async (...lines) => {
      expect((await gateway.get('/orders', ...lines)).status).toBe(401);
      expect((await gateway.get('/internal/orders/secret', ...lines)).status).toBe(404);
      const response = await gateway.get('/catalog/items', ...lines);
      expect(response.status).toBe(200);
      expect(response.headers['upgrade']).toBeUndefined();
      expect(seenIn(response).claims.authenticated).toBe(false);
      expect(seenIn(response).headers).not.toHaveProperty('upgrade');
    },
  );

  it('R53: serves h2c with a token as the HTTP/1.1 request it is', async () => {
    const response = await gateway.get('/orders', gateway.bearer(), ...H2C);
    expect(response.status).toBe(200);
    expect(response.headers['upgrade']).toBeUndefined();
    expect(JSON.parse(response.body).headers).not.toHaveProperty('upgrade');
    expect(JSON.parse(response.body).headers).not.toHaveProperty('http2-settings');
  });

  it.each(['api.example.test:443', '127.0.0.1:22', '/orders', '*'])('refuses CONNECT %s', async (target) => {
    const { responses, closed } = await gateway.untilClosed(
      `CONNECT ${target} HTTP/1.1\r\nHost: a\r\n${gateway.bearer()}\r\n\r\nGET /orders HTTP/1.1\r\nHost: a\r\n\r\n`,
    );
    expect(closed).toBe(true);
    expect(responses).toHaveLength(1);
    expect(responses[0]?.status).toBeGreaterThanOrEqual(400);
    expect(responses[0]?.status).toBeLessThan(500);
    expect(problemIn(responses[0]!)['code']).toBe('invalid_request');
  });

  it.each(['TRACE', 'PROPFIND', 'PURGE', 'LINK'])('refuses the unknown method %s', async (method) => {
    const response = await gateway.send(`${method} /orders HTTP/1.1\r\nHost: a\r\n${gateway.bearer()}\r\n\r\n`);
    expect(response.status).toBe(405);
  });
});

it('R53: refuses a WebSocket handshake without a token as an HTTP/1.1 request when no server listens for it', async () => {
  const gateway = await EdgeGateway.start();
  const refused = await gateway.get('/catalog/items', ...WEBSOCKET);
  expect([refused.status, problemIn(refused)['code']]).toEqual([400, 'upgrade_refused']);
  expect((await gateway.get('/orders', ...WEBSOCKET)).status).toBe(401);
  const response = await gateway.get('/orders', gateway.bearer(), ...WEBSOCKET);
  expect([response.status, response.headers['upgrade']]).toEqual([200, undefined]);
  await gateway.close();
});
