import { createPublicKey } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InternalTokenIssuingModule, JwksController, KeyRing } from 'nestjs-internal-token/gateway';
import { ADAPTERS, type Running, start } from './support/adapters.js';
import { KeyDirectory, KeyRotation, safeRotationPolicy } from '../src/gateway/key-ring/index.js';

describe.each(ADAPTERS)('The published key set on $adapter', (row) => {
  const directory = mkdtempSync(join(tmpdir(), 'jwks-'));
  const rotation = new KeyRotation(new KeyDirectory(directory), safeRotationPolicy({}, 60));
  let running: Running;
  let ring: KeyRing;
  beforeAll(async () => {
    await rotation.create();
    await rotation.create();
    ring = await KeyRing.open({ directory });
    running = await start(row, {
      imports: [InternalTokenIssuingModule.forIssuing({ trustDomain: 'test', signing: { ring } })],
      controllers: [JwksController],
    });
  });
  afterAll(async () => {
    await running.app.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const ask = (headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${running.url}/.well-known/jwks.json`, { method, headers });

  it('R101, R102: has only public members, and a kid, an alg and a use for each key', async () => {
    const { keys } = (await (await ask()).json()) as { keys: Record<string, string>[] };
    expect(keys).toHaveLength(2);
    for (const key of keys) {
      expect(Object.keys(key).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
      expect(key).toMatchObject({ alg: 'ES256', use: 'sig' });
      expect(createPublicKey({ key, format: 'jwk' }).asymmetricKeyType).toBe('ec');
    }
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(2);
  });

  it('R102: states its type and how long it may be cached, without a parameter that the type does not have', async () => {
    const { headers } = await ask();
    expect(headers.get('content-type')).toBe('application/jwk-set+json');
    expect(headers.get('cache-control')).toBe('public, max-age=30');
    expect(headers.get('etag')).toMatch(/^"[\w-]{43}"$/);
  });

  it('answers 304 to a conditional request in any form, until a key is added', async () => {
    const etag = (await ask()).headers.get('etag') ?? '';
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const response = await ask({ 'If-None-Match': tag });
      expect([tag, response.status, await response.text(), response.headers.get('etag')]).toEqual([tag, 304, '', etag]);
    }
    expect((await ask({ 'If-None-Match': '"other"' })).status).toBe(200);
    await rotation.create();
    await ring.reload();
    const response = await ask({ 'If-None-Match': etag });
    expect([response.status, response.headers.get('etag') === etag]).toEqual([200, false]);
  });

  it('answers HEAD like GET, without the body', async () => {
    const [head, get] = [await ask({}, 'HEAD'), await ask()];
    const body = await get.text();
    expect([head.status, await head.text()]).toEqual([200, '']);
    for (const name of ['etag', 'content-type', 'cache-control']) {
      expect(head.headers.get(name)).toBe(get.headers.get(name));
    }
    expect(head.headers.get('content-length')).toBe(String(Buffer.byteLength(body)));
  });
});
