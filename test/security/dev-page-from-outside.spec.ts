import type { Server } from 'node:http';
import { networkInterfaces } from 'node:os';
import { duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import { DevGateway } from '../support/dev-gateway.js';
import { ask, head } from '../support/raw-http.js';

describe('dev page: access from another machine', () => {
  let dev: DevGateway;
  beforeAll(async () => (dev = await DevGateway.start()));
  afterAll(() => dev.close());

  it.each([
    'X-Forwarded-For: 203.0.113.7',
    'X-Forwarded-For: 127.0.0.1',
    'X-Forwarded-Host: shop.example',
    'Forwarded: for=203.0.113.7',
    'X-Real-IP: 203.0.113.7',
    'Via: 1.1 tunnel',
  ])('refuses a request that a local proxy forwarded: %s', async (field) => {
    for (const path of ['/__dev', '/__dev/requests', '/__dev/keys']) {
      expect((await dev.get(path, field)).status).toBe(403);
    }
  });

  it('refuses a connection from another address', async () => {
    for (const [from, isShown] of [
      ['203.0.113.7', false],
      ['::ffff:10.0.0.7', false],
      [undefined, false],
      ['127.0.0.1', true],
    ] as const) {
      const [ours, theirs] = duplexPair();
      Object.assign(theirs, { remoteAddress: from });
      (dev.gateway.app.getHttpServer() as Server).emit('connection', theirs);
      ours.write(head('GET /__dev/keys HTTP/1.1', `Host: ${dev.host}`, 'Connection: close'));
      const answer = await text(ours);
      expect(answer.includes('ES256')).toBe(isShown);
      expect(/x-request-id: /i.test(answer)).toBe(!isShown);
    }
  });

  it('serves nothing on the internal listener', async () => {
    for (const path of ['/__dev', '/__dev/keys']) {
      const answer = await ask(
        dev.gateway.internal.port,
        head(`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${dev.gateway.internal.port}`),
      );
      expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
      expect(answer.status).toBeGreaterThan(400);
    }
  });
});

describe('dev page: a gateway that listens on other addresses than loopback', () => {
  let dev: DevGateway;
  beforeAll(async () => (dev = await DevGateway.start({ host: '0.0.0.0' })));
  afterAll(() => dev.close());

  it('serves no page even when it is enabled by mistake', async () => {
    const others = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    for (const address of [
      '127.0.0.1',
      ...others.filter(({ family }) => family === 'IPv4').map((one) => one.address),
    ]) {
      const response = await fetch(`http://${address}:${dev.gateway.port}/__dev/keys`);
      expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
      expect(await response.json()).toEqual({ handler: 'pages.page', section: '__dev', page: 'keys' });
    }
  });
});
