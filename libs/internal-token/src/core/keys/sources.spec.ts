import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { OptionPath } from '../options/index.js';
import { createSigner, type PublicJwk } from '../token/signer.js';
import { jwksFileSource } from './jwks-file-source.js';
import { jwksUriSource } from './jwks-uri-source.js';
import { KeyStore } from './key-store.js';
import { publicKeySource, type PublicKeyOptions } from './public-key-source.js';
import { staticSource } from './static-source.js';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const never = new AbortController().signal;
let publicJwk: PublicJwk;
beforeAll(async () => {
  ({ publicJwk } = await createSigner({ key: privateKey }));
});

describe('keys at a URL', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });
  const serve = async (listener: RequestListener) => {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
  };
  const load = async (listener: RequestListener) => jwksUriSource(await serve(listener)).load(never);

  it('R103: loads keys from a URL', async () => {
    const keys = [publicJwk];
    expect(await load((_request, response) => response.end(JSON.stringify({ keys })))).toEqual({ keys });
  });

  it('R108: asks every cache on the way for a fresh key set, so that none keeps a withdrawn key alive', async () => {
    const asked: unknown[] = [];
    await load(({ headers }, response) => {
      asked.push(headers['cache-control']);
      response.end('{"keys":[]}');
    });
    expect(asked).toEqual(['no-cache']);
  });

  it.each([
    ['the status is 500', 500, 'the answer is 500'],
    ['the status is 204', 204, 'the answer is 204'],
    ['the status is 404', 404, 'the answer is 404'],
  ])('R106: fails to load when %s', async (_name, status, message) => {
    await expect(load((_request, response) => response.writeHead(status).end())).rejects.toThrow(message);
  });

  it.each(['<html>', '', '[]', '{"keys":{}}', 'null', '{"keys":'])(
    'R106: fails to load when the body is %j',
    async (body) => {
      await expect(load((_request, response) => response.end(body))).rejects.toThrow();
    },
  );

  it('R103: does not follow a redirect', async () => {
    let asked = 0;
    const target = await serve((_request, response) => {
      asked += 1;
      response.end(JSON.stringify({ keys: [publicJwk] }));
    });
    await expect(load((_request, response) => response.writeHead(302, { location: target }).end())).rejects.toThrow(
      '302',
    );
    expect(asked).toBe(0);
  });

  it('stops reading an answer at 256 KiB', async () => {
    let sent = 0;
    const endless: RequestListener = (_request, response) => {
      const chunk = Buffer.alloc(64 * 1024, ' ');
      const more = () => {
        while (!response.destroyed && sent < 50 * 1024 * 1024) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', more);
        }
      };
      more();
    };
    await expect(load(endless)).rejects.toThrow('more than 262144 bytes');
    expect(sent).toBeLessThan(20 * 1024 * 1024);
  });

  it('refuses a compressed answer, whose expanded size has no limit', async () => {
    const body = gzipSync(JSON.stringify({ keys: [publicJwk] }));
    await expect(
      load((_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(body)),
    ).rejects.toThrow('compressed');
  });

  it('aborts a load that gets no answer when its signal fires', async () => {
    const abort = new AbortController();
    const source = jwksUriSource(await serve(() => abort.abort()));
    await expect(source.load(abort.signal)).rejects.toThrow();
  });

  it('aborts a load that stalls in the middle of an answer when its signal fires', async () => {
    const abort = new AbortController();
    const source = jwksUriSource(
      await serve((_request, response) => {
        response.write('{"keys":', () => setTimeout(() => abort.abort(), 20));
      }),
    );
    await expect(source.load(abort.signal)).rejects.toThrow();
  });

  it.each([
    'http://gateway.example/jwks.json',
    'http://127.0.0.1.evil.example/',
    'http://localhost.evil/',
    'ftp://a/',
    'jwks.json',
    '',
    'https://user:secret@a/',
  ])('R103: refuses the URL %j at start', (uri) => {
    expect(() => jwksUriSource(uri)).toThrow(expect.objectContaining({ code: 'configuration_invalid' }));
  });

  it('accepts plain http only on loopback or when a mesh encrypts', () => {
    for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '[::1]']) jwksUriSource(`http://${host}:3100/jwks.json`);
    expect(jwksUriSource('http://gateway/jwks.json', { allowPlaintext: true }).description).toBe(
      'http://gateway/jwks.json',
    );
    expect(jwksUriSource('https://gateway/jwks.json').description).toBe('https://gateway/jwks.json');
  });
});

describe('keys in a file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keys-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('R109: reads the file at each load; the file may appear later', async () => {
    const path = join(folder, 'jwks.json');
    const source = jwksFileSource(path);
    await expect(source.load(never)).rejects.toThrow('ENOENT');
    await writeFile(path, JSON.stringify({ keys: [publicJwk] }));
    expect(await source.load(never)).toEqual({ keys: [publicJwk] });
    await writeFile(path, ' '.repeat(262145));
    await expect(source.load(never)).rejects.toThrow('more than 262144 bytes');
  });
});

describe('keys in the configuration', () => {
  const at = new OptionPath('test', 'keys.publicKeys');
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
  const load = (...keys: PublicKeyOptions[]) => publicKeySource(keys, at).load(never);
  const refusal = (options: PublicKeyOptions) => load(options).then(() => 'accepted', String);

  it('R109: a key set', async () => {
    expect(await staticSource({ keys: [publicJwk] }).load(never)).toEqual({ keys: [publicJwk] });
  });

  it('R109: PEM, found under the same key id as the issuer gives it', async () => {
    const source = publicKeySource([{ key: spki }, { key: spki, keyId: 'other', algorithm: 'ES256' }], at);
    const store = new KeyStore({ source });
    await store.start();
    expect(store.find(publicJwk.kid)?.algorithm).toBe('ES256');
    expect(store.find('other')).toBeDefined();
  });

  it('R109: PEM, X.509 certificate, JWK as object and as text, and KeyObject are the same key', async () => {
    const certificate = readFileSync('test/support/tls/service.pem', 'utf8');
    const certified = createPublicKey(readFileSync('test/support/tls/service.key.pem'));
    const jwk = certified.export({ format: 'jwk' });
    const pem = certified.export({ type: 'spki', format: 'pem' }).toString();
    // As `openssl x509 -text` writes it, and with the rest of a chain.
    const chain = `Certificate:\n    Data:\n${certificate}${certificate}`;
    const forms = [pem, certificate, chain, jwk, JSON.stringify(jwk), certified];
    const { keys } = await load(...forms.map((key) => ({ key })));
    const expected = { ...jwk, kid: await calculateJwkThumbprint(jwk as JWK), alg: 'ES256' };
    expect(keys).toEqual(forms.map(() => expected));
  });

  it.each([
    ['ES384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['ES512', () => generateKeyPairSync('ec', { namedCurve: 'P-521' })],
    ['EdDSA', () => generateKeyPairSync('ed25519')],
    ['RS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ])('R109: a key for %s says so itself, as PEM and as JWK', async (alg, generate) => {
    const { publicKey } = generate();
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const { keys } = await load({ key: pem }, { key: publicKey.export({ format: 'jwk' }) });
    expect(keys.map((key) => key.alg)).toEqual([alg, alg]);
    expect(keys[0]).toEqual(keys[1]);
  });

  it("R109: a JWK's own kid and alg count", async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
    const [jwk] = (await load({ key: { ...rsa, kid: 'own', alg: 'PS256', use: 'sig', key_ops: ['verify'] } })).keys;
    expect(jwk).toMatchObject({ kid: 'own', alg: 'PS256' });
    expect(await refusal({ key: { ...rsa, alg: 'PS256' }, algorithm: 'RS256' })).toContain(
      '"keys.publicKeys[0].algorithm" differs from the "alg" of the JWK; leave it out.',
    );
  });

  it('R49: a private key is refused where a public one is asked, in every form', async () => {
    const pem = (type: 'pkcs8' | 'sec1') => privateKey.export({ type, format: 'pem' }).toString();
    for (const key of [pem('pkcs8'), pem('sec1'), privateKey.export({ format: 'jwk' }), privateKey]) {
      const message = await refusal({ key });
      expect(message).toMatch(/"keys\.publicKeys\[0\]\.key" is a private key; a verifier holds public keys only/);
      expect(message).not.toContain(pem('pkcs8').split('\n')[1]);
    }
    expect(await refusal({ key: `${spki}${pem('pkcs8')}` })).toContain('is a private key');
    expect(await refusal({ key: { kty: 'oct', k: 'AAAA' } })).toContain('is a shared secret');
  });

  it('R6: a weak key, one of another kind and one that is none are refused', async () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
    expect(await refusal({ key: weak.export({ type: 'spki', format: 'pem' }).toString() })).toContain('2048 bits');
    expect(await refusal({ key: weak.export({ format: 'jwk' }) })).toContain('2048 bits');
    expect(await refusal({ key: spki, algorithm: 'ES384' })).toContain('curve');
    expect(await refusal({ key: 'nothing' })).toContain('cannot be read as a key');
    expect(await refusal({ key: '{"kty":"EC"' })).toContain('starts like a JWK but is not JSON');
  });

  it('R153: a key that cannot be used stops the start', async () => {
    const store = new KeyStore({ source: publicKeySource([{ key: 'nothing' }], at) });
    await expect(store.start()).rejects.toMatchObject({ code: 'configuration_invalid' });
  });
});
