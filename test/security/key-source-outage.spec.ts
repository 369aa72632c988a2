import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { HealthModule } from '@app/runtime';
import { Controller, Get } from '@nestjs/common';
import { InternalTokenVerifier } from 'nestjs-internal-token';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';
import { ADAPTERS, type Running, start } from '../../libs/internal-token/test/support/adapters.js';
import { type Answer, JwksServer } from '../support/jwks-server.js';

@Controller('orders')
class OrdersController {
  @Get()
  list() {
    return [];
  }
}

const MEBIBYTE = 1024 * 1024;
const withBody =
  (body: string | Buffer, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(200, headers).end(body);

/** Sends bytes without end, as fast as they are read. */
const endless: Answer = (response) => {
  const more = () => {
    while (response.write('x'.repeat(64 * 1024)));
  };
  response.on('drain', more).on('error', () => undefined);
  response.write('{"keys":[],"x":"');
  more();
};

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

describe('a failing key source', () => {
  const [, fastify] = ADAPTERS;
  let tokens: TestTokenIssuer;
  let source: JwksServer;
  const open: Running[] = [];

  beforeEach(async () => {
    tokens = new TestTokenIssuer();
    const { keys } = await tokens.keys.source.load(new AbortController().signal);
    source = await JwksServer.start(keys);
  });
  afterEach(async () => {
    for (const { app } of open.splice(0)) await app.close();
    await source.goDown();
  });

  const service = async (): Promise<Running> => {
    const running = await start(fastify, {
      controllers: [OrdersController],
      imports: [HealthModule.of(InternalTokenVerifier)],
      options: { keys: { jwksUri: source.jwksUri, refreshSeconds: 0.1 } },
    });
    open.push(running);
    return running;
  };
  const statusOf = async (running: Running, token = tokens.token()) => (await running.get('/orders', token)).status;
  const readiness = async (running: Running) => (await running.get('/health/ready')).status;
  const askedAgain = async (times = 2) => {
    const until = source.asked + times;
    while (source.asked < until) await sleep(10);
  };

  const misbehaviours: readonly [string, (keys: readonly object[]) => Answer][] = [
    ['answers 503', (keys) => (response) => void response.writeHead(503).end(JSON.stringify({ keys }))],
    ['answers 404', () => (response) => void response.writeHead(404).end()],
    ['answers HTML', () => withBody('<html><body>Sign in</body></html>', { 'content-type': 'text/html' })],
    ['answers garbage', () => withBody(Buffer.from([0xff, 0xfe, 0x00, 0x7b, 0x80]))],
    ['truncates its answer', (keys) => withBody(JSON.stringify({ keys }).slice(0, -3))],
    ['answers nothing', () => withBody('')],
    ['has an empty set', () => withBody('{"keys":[]}')],
    ['has null', () => withBody('null')],
    ['is huge', (keys) => withBody(JSON.stringify({ keys, x: 'x'.repeat(20 * MEBIBYTE) }))],
    ['never stops', () => endless],
    ['compresses', (keys) => withBody(gzipSync(JSON.stringify({ keys })), { 'content-encoding': 'gzip' })],
    ['is a gzip bomb', () => withBody(gzipSync(Buffer.alloc(50 * MEBIBYTE)), { 'content-encoding': 'gzip' })],
    [
      'publishes private members',
      (keys) => withBody(JSON.stringify({ keys: keys.map((key) => ({ ...key, d: 'AAAA' })) })),
    ],
    ['publishes a kid twice', (keys) => withBody(JSON.stringify({ keys: [...keys, ...keys] }))],
    ['has too many keys', (keys) => withBody(JSON.stringify({ keys: Array(65).fill(keys[0]) }))],
    ['has a shared secret', () => withBody('{"keys":[{"kty":"oct","k":"AAAA","kid":"a","alg":"HS256"}]}')],
    ['nests deeply', () => withBody(`{"keys":${'['.repeat(100_000)}`)],
    ['hangs up', () => (response) => void response.destroy()],
    ['breaks off', () => (response) => void (response.write('{"keys":['), response.destroy())],
  ];

  it.each(misbehaviours)(
    'R88, R106: %s: known keys still verify, and a process that starts now is not ready',
    async (_name, of) => {
      const running = await service();
      expect(await statusOf(running)).toBe(200);
      source.misbehave = of(source.keys);
      await askedAgain();
      expect([await statusOf(running), await readiness(running)]).toEqual([200, 200]);

      const late = await service();
      expect([await statusOf(late), await readiness(late)]).toEqual([503, 503]);
      expect((await late.get('/orders')).status).toBe(401);
      const refused = await late.get('/orders', tokens.token());
      expect(await refused.json()).toMatchObject({ code: 'txn_keys_not_ready' });

      source.misbehave = undefined;
      while ((await readiness(late)) !== 200) await sleep(50);
      expect([await statusOf(late), await statusOf(running)]).toEqual([200, 200]);
    },
  );

  it('R106: still verifies with known keys while the source is down, and recovers', async () => {
    const running = await service();
    await source.goDown();
    await sleep(300);
    expect([await statusOf(running), await readiness(running)]).toEqual([200, 200]);
    const late = await service();
    expect([await statusOf(late), await readiness(late)]).toEqual([503, 503]);
    await source.comeBack();
    while ((await readiness(late)) !== 200) await sleep(50);
    expect(await statusOf(late)).toBe(200);
  });

  it('R69, R106: serves known keys while the source hangs, and asks requests with unknown keys to retry', async () => {
    const running = await service();
    source.misbehave = () => undefined;
    await askedAgain(1);
    const waiting = running.get('/orders', tokens.unknownKey());
    for (let i = 0; i < 20; i += 1) expect(await statusOf(running)).toBe(200);
    const { status, headers } = await waiting;
    expect([status, headers.get('retry-after')]).toEqual([503, '30']);
  });

  it.each([301, 302, 303, 307, 308])(
    'R103: does not follow a redirect with %d, and keeps known keys',
    async (status) => {
      let followed = 0;
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const attacker = createServer((_request, response) => {
        followed += 1;
        response.end(JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'evil', alg: 'ES256' }] }));
      });
      await new Promise<void>((resolve) => attacker.listen(0, '127.0.0.1', resolve));
      const running = await service();
      const location = `http://127.0.0.1:${(attacker.address() as AddressInfo).port}/`;
      source.misbehave = (response) => void response.writeHead(status, { location }).end();
      await askedAgain();
      expect(await statusOf(running)).toBe(200);
      expect(followed).toBe(0);
      await new Promise((resolve) => attacker.close(resolve));
    },
  );

  it('R106: takes a good key beside bad ones and leaves the bad ones', async () => {
    const running = await service();
    const evil = { ...privateKey.export({ format: 'jwk' }), kid: 'evil', alg: 'ES256' };
    source.keys = [evil, { kty: 'RSA', n: 'AQAB', e: 'AQ', kid: 'weak', alg: 'RS256' }, ...source.keys];
    await askedAgain();
    expect(await statusOf(running)).toBe(200);
    const forged = tokens.forged({ header: { kid: 'evil' } });
    expect((await running.get('/orders', forged)).status).toBe(401);
  });

  it('R106: stops reading an endless source at the size limit of a key set', async () => {
    await service();
    const written: number[] = [];
    source.misbehave = (response, request) => {
      const { socket } = request;
      socket.once('close', () => written.push(socket.bytesWritten));
      endless(response, request);
    };
    while (written.length < 20) await sleep(10);
    // A quarter of a mebibyte, plus what the system buffers for a connection before anybody reads it.
    expect(Math.max(...written) / MEBIBYTE).toBeLessThan(16);
  });
});
