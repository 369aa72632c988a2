import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createSigner, type PublicJwk } from '../token/signer.js';
import { jwksFileSource } from './jwks-file-source.js';
import { jwksUriSource } from './jwks-uri-source.js';
import { KeyStore } from './key-store.js';
import { pemSource, staticSource } from './static-source.js';

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
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();

  it('R109: takes a key set from the configuration', async () => {
    expect(await staticSource({ keys: [publicJwk] }).load(never)).toEqual({ keys: [publicJwk] });
  });

  it('R109: takes a PEM key, under the same default key id as the issuer', async () => {
    const store = new KeyStore({ source: pemSource({ pem: spki }, { pem: spki, keyId: 'other', algorithm: 'ES256' }) });
    await store.start();
    expect(store.find(publicJwk.kid)?.algorithm).toBe('ES256');
    expect(store.find('other')).toBeDefined();
  });

  it('R49: refuses a private key in place of a public one', () => {
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(() => pemSource({ pem })).toThrow(/private key; give the public key only/);
    expect(() => pemSource({ pem: 'nothing' })).toThrow(expect.objectContaining({ code: 'configuration_invalid' }));
  });
});
