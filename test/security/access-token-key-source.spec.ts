import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { AccessTokenAuthenticator } from '../../libs/internal-token/src/gateway/authenticate/index.js';
import { AccessTokenIssuer, AUDIENCE, issuerKey, json, publicJwk } from '../support/access-token-issuer.js';
import { authenticatorFor, bearer, codeOf, started } from '../support/authenticator.js';

describe('access tokens: an issuer whose keys are unavailable', () => {
  let issuer: AccessTokenIssuer;
  let gateway: AccessTokenAuthenticator | undefined;

  beforeEach(async () => {
    issuer = await AccessTokenIssuer.start();
  });

  afterEach(async () => {
    gateway?.close();
    await issuer.close();
  });

  const privateJwk = (): unknown => ({ ...issuer.key.privateKey.export({ format: 'jwk' }), kid: issuer.key.kid });
  const misbehaviours: readonly [string, (response: ServerResponse) => void][] = [
    ['503', (response) => json(response, { keys: [publicJwk(issuer.key)] }, 503)],
    ['404', (response) => response.writeHead(404).end()],
    ['HTML', (response) => response.writeHead(200).end('<html></html>')],
    ['no keys', (response) => json(response, { keys: [] })],
    ['no key set', (response) => json(response, [publicJwk(issuer.key)])],
    ['a huge body', (response) => response.writeHead(200).end(`{"keys":[],"x":"${'x'.repeat(400_000)}"}`)],
    ['a compressed body', (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{}'))],
    ['private members', (response) => json(response, { keys: [privateJwk()] })],
    ['a shared secret', (response) => json(response, { keys: [{ kty: 'oct', k: 'AA', kid: issuer.key.kid }] })],
    ['an encryption key', (response) => json(response, { keys: [{ ...publicJwk(issuer.key), use: 'enc' }] })],
    ['two keys with one kid', (response) => json(response, { keys: [publicJwk(issuer.key), publicJwk(issuer.key)] })],
    ['a closed connection', (response) => response.destroy()],
  ];

  it.each(misbehaviours)('is not ready and answers 503 while the key set is %s', async (_name, misbehave) => {
    issuer.answers.set('/jwks', (_request, response) => misbehave(response));
    gateway = await authenticatorFor(issuer);
    expect(gateway.ready).toBe(false);
    expect(await codeOf(gateway, issuer.token())).toBe('identity_provider_unavailable');
    expect(gateway.authenticate(['Host', 'x'])).toBeUndefined();
  });

  it.each([301, 302, 303, 307, 308])('follows no redirect to a key set: %d', async (status) => {
    const elsewhere = await AccessTokenIssuer.start();
    for (const path of ['/jwks', '/.well-known/openid-configuration']) {
      issuer.answers.set(path, (_request, response) =>
        response.writeHead(status, { location: `${elsewhere.url}${path}` }).end(),
      );
    }
    gateway = await authenticatorFor(issuer);
    const discovering = await started([{ issuer: issuer.url, audience: AUDIENCE, discovery: true }]);
    expect([gateway.ready, discovering.ready]).toEqual([false, false]);
    expect(elsewhere.asked).toEqual([]);
    discovering.close();
    await elsewhere.close();
  });

  it('does not wait for a slow key set: answers 503 at once', async () => {
    const asked = Promise.withResolvers<void>();
    issuer.answers.set('/jwks', () => asked.resolve());
    gateway = new AccessTokenAuthenticator({
      issuers: [{ issuer: issuer.url, audience: AUDIENCE, jwksUri: `${issuer.url}/jwks` }],
      allowInsecureLoopback: true,
    });
    const starting = gateway.start();
    await asked.promise;
    expect(await codeOf(gateway, issuer.token())).toBe('identity_provider_unavailable');
    gateway.close();
    await starting;
    expect(gateway.ready).toBe(false);
  });

  it('recovers by itself once the issuer is back', async () => {
    const answer = issuer.answers.get('/jwks');
    const served = Promise.withResolvers<ServerResponse>();
    issuer.answers.set('/jwks', (_request, response) => {
      issuer.answers.set('/jwks', (again, response2) => {
        answer?.(again, response2);
        served.resolve(response2);
      });
      response.writeHead(503).end();
    });
    gateway = await authenticatorFor(issuer);
    expect(gateway.ready).toBe(false);
    const response = await served.promise;
    if (!response.writableFinished) await once(response, 'finish');
    while (!gateway.ready) await new Promise(setImmediate);
    expect(await gateway.authenticate(bearer(issuer.token()))).toMatchObject({ userId: 'alice' });
  });

  it('R69, R106: keeps known keys while the issuer is down and answers 503, never 401, for an unknown key', async () => {
    gateway = await authenticatorFor(issuer);
    issuer.answers.set('/jwks', (_request, response) => response.destroy());
    for (let i = 0; i < 30; i += 1) {
      const code = await codeOf(gateway, issuer.token({}, { kid: `unknown-${i}` }));
      expect(code).toBe('identity_provider_unavailable');
    }
    expect(gateway.ready).toBe(true);
    expect(await gateway.authenticate(bearer(issuer.token({ sub: 'bob' })))).toMatchObject({ userId: 'bob' });
  });

  it('R104b: finds a key replaced under the same kid at the first signature that does not fit', async () => {
    gateway = await authenticatorFor(issuer);
    const other = await issuerKey(issuer.key.kid);
    expect(await gateway.authenticate(bearer(issuer.token()))).toMatchObject({ userId: 'alice' });
    issuer.keys = [publicJwk(other)];
    expect(await gateway.authenticate(bearer(issuer.token({}, {}, other)))).toMatchObject({ userId: 'alice' });
    expect(await codeOf(gateway, issuer.token({ sub: 'bob' }))).toBe('access_token_invalid');
    expect(issuer.asked).toEqual(['/jwks', '/jwks']);
  });

  it('R107: gives each issuer its own budget of key loads', async () => {
    const second = await AccessTokenIssuer.start();
    gateway = await started([
      { issuer: issuer.url, audience: AUDIENCE, jwksUri: `${issuer.url}/jwks` },
      { issuer: second.url, audience: AUDIENCE, jwksUri: `${second.url}/jwks`, subjectNamespace: 'second' },
    ]);
    for (let i = 0; i < 30; i += 1) await codeOf(gateway, issuer.token({}, { kid: `invented-${i}` }));
    const fresh = await issuerKey('fresh');
    second.keys.push(publicJwk(fresh));
    expect(await gateway.authenticate(bearer(second.token({}, {}, fresh)))).toMatchObject({ userId: 'second:alice' });
    // Of the first issuer: the load at start, the scheduled one and four on demand; the budget is spent.
    expect(issuer.asked).toHaveLength(6);
    await second.close();
  });

  it('refuses only the tokens of the issuer that is down', async () => {
    const away = await AccessTokenIssuer.start();
    away.answers.set('/jwks', (_request, response) => response.destroy());
    gateway = await started([
      { issuer: issuer.url, audience: AUDIENCE, jwksUri: `${issuer.url}/jwks` },
      { issuer: away.url, audience: AUDIENCE, jwksUri: `${away.url}/jwks`, subjectNamespace: 'away' },
    ]);
    expect(gateway.ready).toBe(false);
    expect(await gateway.authenticate(bearer(issuer.token()))).toMatchObject({ userId: 'alice' });
    expect(await codeOf(gateway, away.token())).toBe('identity_provider_unavailable');
    await away.close();
  });

  describe('key discovery', () => {
    const discover = async (): Promise<AccessTokenAuthenticator> =>
      (gateway = await started([{ issuer: issuer.url, audience: AUDIENCE, discovery: true }]));
    const metadata = (body: unknown): void => {
      issuer.answers.set('/.well-known/openid-configuration', (_request, response) => json(response, body));
    };

    it('R38: finds the keys by OpenID Connect Discovery', async () => {
      expect(await (await discover()).authenticate(bearer(issuer.token()))).toMatchObject({ userId: 'alice' });
    });

    it('R38: finds the keys by RFC 8414 when there is no OpenID metadata', async () => {
      const answer = issuer.answers.get('/.well-known/openid-configuration');
      issuer.answers.delete('/.well-known/openid-configuration');
      if (answer !== undefined) issuer.answers.set('/.well-known/oauth-authorization-server', answer);
      expect(await (await discover()).authenticate(bearer(issuer.token()))).toMatchObject({ userId: 'alice' });
    });

    it.each([
      ['another issuer', (url: string) => ({ issuer: 'https://other.test', jwks_uri: `${url}/jwks` })],
      ['an extra slash', (url: string) => ({ issuer: `${url}/`, jwks_uri: `${url}/jwks` })],
      ['no issuer', (url: string) => ({ jwks_uri: `${url}/jwks` })],
      ['no jwks_uri', (url: string) => ({ issuer: url })],
      ['plain http on another host', (url: string) => ({ issuer: url, jwks_uri: 'http://keys.test/jwks' })],
      ['a file URL', (url: string) => ({ issuer: url, jwks_uri: 'file:///etc/passwd' })],
      ['a password in the URL', (url: string) => ({ issuer: url, jwks_uri: url.replace('//', '//u:p@') })],
    ])('R38: loads no keys from metadata with %s', async (_name, body) => {
      metadata(body(issuer.url));
      const authenticator = await discover();
      expect(authenticator.ready).toBe(false);
      expect(await codeOf(authenticator, issuer.token())).toBe('identity_provider_unavailable');
      expect(issuer.asked).not.toContain('/jwks');
    });
  });

  it('R27: ignores a bad key and keeps the good one beside it', async () => {
    issuer.keys.push({ ...publicJwk(await issuerKey('weak', 'RS256')), alg: 'HS256' }, { kty: 'EC', kid: 'half' });
    gateway = await authenticatorFor(issuer);
    expect(await gateway.authenticate(bearer(issuer.token()))).toMatchObject({ userId: 'alice' });
    expect(await codeOf(gateway, issuer.token({}, { kid: 'weak' }))).toBe('access_token_invalid');
  });
});
