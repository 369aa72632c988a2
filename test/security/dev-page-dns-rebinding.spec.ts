import { DevGateway } from '../support/dev-gateway.js';
import { head } from '../support/raw-http.js';

describe('dev page: DNS rebinding', () => {
  let dev: DevGateway;
  beforeAll(async () => (dev = await DevGateway.start()));
  afterAll(() => dev.close());

  const PATHS = ['/__dev', '/__dev/requests', '/__dev/capture', '/__dev/keys', `/__dev/requests/${'a'.repeat(32)}`];
  const under = (path: string, ...hosts: string[]) =>
    dev.gateway.send(head(`GET ${path} HTTP/1.1`, ...hosts.map((host) => `Host: ${host}`)));

  it.each([
    'evil.example',
    'evil.example:3000',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'localhost.',
    'evil-localhost',
    '127.0.0.1@evil.example',
    '0.0.0.0',
    '[::]',
    '192.168.0.7',
    '127.0.0.1, evil.example',
    '',
  ])('refuses the page for Host %j', async (host) => {
    for (const path of PATHS) {
      const { status, body } = await under(path, host);
      expect(status).toBe(403);
      expect(JSON.parse(body)).toMatchObject({ title: 'Forbidden', status: 403 });
    }
  });

  it('refuses a request with two Host headers, or with none', async () => {
    expect((await under('/__dev/keys', dev.host, 'evil.example')).status).toBe(403);
    expect((await under('/__dev/keys')).status).toBe(403);
  });

  it('refuses to inspect a token under another host name', async () => {
    const body = '{"token":"x"}';
    const fields = ['Host: evil.example', 'Content-Type: application/json', `Content-Length: ${body.length}`];
    expect((await dev.gateway.send(`${head('POST /__dev/inspect HTTP/1.1', ...fields)}${body}`)).status).toBe(403);
  });

  it.each(['localhost', 'LocalHost:3000', '127.0.0.1', '127.9.9.9:1', '[::1]:3000'])(
    'serves the page for Host %s',
    async (host) => expect((await under('/__dev/keys', host)).status).toBe(200),
  );
});
