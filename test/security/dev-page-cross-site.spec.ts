import { DevGateway } from '../support/dev-gateway.js';

describe('dev page: requests from other web pages', () => {
  let dev: DevGateway;
  beforeAll(async () => (dev = await DevGateway.start()));
  afterAll(() => dev.close());

  it.each(['cross-site', 'same-site', 'SAME-ORIGIN', 'anything'])(
    'refuses a request with Sec-Fetch-Site: %s',
    async (site) => {
      for (const path of ['/__dev', '/__dev/requests', '/__dev/capture', '/__dev/keys']) {
        expect((await dev.get(path, `Sec-Fetch-Site: ${site}`)).status).toBe(403);
      }
    },
  );

  it.each([
    'https://evil.example',
    'null',
    'http://127.0.0.1:1',
    'http://localhost.evil.example',
    'https://127.0.0.1',
    'file://',
  ])('refuses a request with Origin: %s', async (origin) => {
    expect((await dev.get('/__dev/keys', `Origin: ${origin}`)).status).toBe(403);
    expect((await dev.post('/__dev/inspect', '{"token":"x"}', `Origin: ${origin}`)).status).toBe(403);
  });

  it('refuses a CORS preflight', async () => {
    const fields = ['Access-Control-Request-Method: POST', 'Access-Control-Request-Headers: content-type'];
    const answer = await dev.gateway.send(
      `OPTIONS /__dev/inspect HTTP/1.1\r\nHost: ${dev.host}\r\nOrigin: http://${dev.host}\r\n${fields.join('\r\n')}\r\n\r\n`,
    );
    expect(answer.status).toBe(405);
    expect(answer.head).not.toMatch(/access-control/i);
  });

  it('refuses a token sent by a form, which needs no preflight', async () => {
    const types = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', ''];
    for (const type of types) {
      const body = '{"token":"x"}';
      const answer = await dev.gateway.send(
        `POST /__dev/inspect HTTP/1.1\r\nHost: ${dev.host}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      expect(answer.status).toBe(415);
    }
  });

  it('forbids framing, loading as a script and referrers', async () => {
    for (const path of ['/__dev', '/__dev/keys', '/__dev/nothing']) {
      const { headers } = await dev.get(path);
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      });
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; .*frame-ancestors 'none'$/);
    }
  });

  it('accepts requests from the page itself', async () => {
    const own = [`Origin: http://${dev.host}`, 'Sec-Fetch-Site: same-origin'];
    expect((await dev.get('/__dev/keys', ...own)).status).toBe(200);
    expect((await dev.post('/__dev/inspect', '{"token":"x"}', ...own)).status).toBe(200);
    expect((await dev.get('/__dev', 'Sec-Fetch-Site: none')).status).toBe(200);
  });

  it('restricts scripts and style sheets to a nonce that is new in each answer', async () => {
    const policies = [await dev.get('/__dev'), await dev.get('/__dev')].map(
      ({ headers }) => headers['content-security-policy'] ?? '',
    );
    const nonces = policies.map((policy) => /script-src 'nonce-([\w+/=]{22,})'/.exec(policy)?.[1]);
    expect(nonces[0]).toBeDefined();
    expect(nonces[0]).not.toBe(nonces[1]);
    expect(policies.join()).not.toMatch(/unsafe|\*|https?:/);
  });
});
