import { DevGateway } from '../support/dev-gateway.js';
import { head } from '../support/raw-http.js';

describe('dev page: paths that look like its own', () => {
  let dev: DevGateway;
  beforeAll(async () => (dev = await DevGateway.start()));
  afterAll(() => dev.close());

  it.each([
    '//__dev',
    '/%5f%5fdev',
    '/__DEV',
    '/__dev%2fkeys',
    '/__development',
    '/x/../__dev',
    '/orders/__dev',
    '/__dev;x/keys',
    '/__dev\\keys',
    '/__dev%00',
  ])('routes a look-alike path like any other request: %s', async (path) => {
    const { headers } = await dev.get(path);
    expect(headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
    expect(headers['cross-origin-opener-policy']).toBeUndefined();
  });

  it('routes a target in absolute form like any other request, whatever its host', async () => {
    for (const host of [dev.host, 'evil.example']) {
      const { headers } = await dev.gateway.send(head(`GET http://${host}/__dev/keys HTTP/1.1`, `Host: ${dev.host}`));
      expect(headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
      expect(headers['cross-origin-opener-policy']).toBeUndefined();
    }
  });

  it.each([
    '/__dev/../orders',
    '/__dev/requests/../keys',
    '/__dev/requests/%2e%2e/keys',
    `/__dev/requests/${'A'.repeat(32)}`,
    `/__dev/requests/${'a'.repeat(31)}`,
    `/__dev/requests/${'a'.repeat(33)}`,
    `/__dev/requests/__proto__`,
    '/__dev/keys/',
    '/__dev/log/gateway.ndjson',
    '/__dev/etc/passwd',
  ])('answers 404 below its path: %s', async (path) => {
    const { status, headers, body } = await dev.get(path);
    expect(status).toBe(404);
    expect(headers['x-request-id']).toBeUndefined();
    expect(body).not.toContain(path);
  });

  it('accepts only the methods it documents', async () => {
    const send = (method: string, path: string) =>
      dev.gateway.send(head(`${method} ${path} HTTP/1.1`, `Host: ${dev.host}`, 'Content-Length: 0'));
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY']) {
      const answer = await send(method, '/__dev/keys');
      expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET, HEAD']);
    }
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const answer = await send(method, '/__dev/inspect');
      expect([answer.status, answer.headers['allow']]).toEqual([405, 'POST']);
    }
  });
});
