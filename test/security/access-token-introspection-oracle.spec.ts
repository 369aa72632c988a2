import type { ServerResponse } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccessTokenAuthenticator } from '../../libs/internal-token/src/gateway/authenticate/index.js';
import { toProblem } from '../../libs/internal-token/src/core/index.js';
import { AccessTokenIssuer, AUDIENCE, json } from '../support/access-token-issuer.js';
import { authenticatorFor, bearer, codeOf, started } from '../support/authenticator.js';
import { refusalOf } from '../support/refusals.js';

describe('access tokens: introspection under attack or failing', () => {
  let directory: string;
  let secretFile: string;
  let issuer: AccessTokenIssuer;
  let gateway: AccessTokenAuthenticator;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'introspection-'));
    secretFile = join(directory, 'secret');
    await writeFile(secretFile, 'p@ss:w%rd +\n');
  });

  afterAll(() => rm(directory, { recursive: true }));

  beforeEach(async () => {
    issuer = await AccessTokenIssuer.start();
    gateway = await started([
      {
        issuer: issuer.url,
        audience: AUDIENCE,
        introspection: { endpoint: `${issuer.url}/introspect`, clientId: 'gate way', clientSecretFile: secretFile },
      },
    ]);
  });

  afterEach(async () => {
    gateway.close();
    await issuer.close();
  });

  const active = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
    ...issuer.claims(),
    active: true,
    ...changes,
  });

  it('R37: sends a form POST, authenticated with form-encoded client_secret_basic', async () => {
    issuer.opaque.set('op~aque+/1==', active());
    expect(await gateway.authenticate(bearer('op~aque+/1=='))).toMatchObject({ userId: 'alice', tenantId: 'acme' });
    const [{ authorization, form } = { authorization: '', form: new URLSearchParams() }] = issuer.introspections;
    expect(Object.fromEntries(form)).toEqual({ token: 'op~aque+/1==', token_type_hint: 'access_token' });
    const expected = Buffer.from('gate+way:p%40ss%3Aw%25rd+%2B').toString('base64');
    expect(authorization).toBe(`Basic ${expected}`);
  });

  it.each([
    { active: false },
    { active: 'true' },
    { active: 1 },
    { active: null },
    { active: undefined },
    { active: [true] },
    { aud: 'https://other.test' },
    { aud: undefined },
    { aud: [] },
    { iss: 'https://other.test' },
    { iss: undefined },
    { exp: 1 },
    { exp: 'never' },
    { nbf: 99_999_999_999 },
    { sub: undefined },
    { sub: 'anonymous' },
    { sub: 'workload:orders' },
    { token_type: 'DPoP' },
    { token_type: 'refresh_token' },
    { token_type: 1 },
    { token_use: 'refresh_token' },
    { tenant_id: 7 },
  ])('R37: refuses the answer with %j, always with the same message', async (changes) => {
    issuer.opaque.set('opaque', active(changes));
    const refusal = await refusalOf(() => gateway.authenticate(bearer('opaque')));
    const unknown = await refusalOf(() => gateway.authenticate(bearer('never-issued')));
    expect(refusal.code).toBe('access_token_invalid');
    expect(toProblem(refusal, 'id')).toEqual(toProblem(unknown, 'id'));
  });

  it('caches an answer without exp for at most one minute', async () => {
    issuer.opaque.set('opaque', active({ exp: undefined }));
    const before = Math.floor(Date.now() / 1000);
    const principal = await gateway.authenticate(bearer('opaque'));
    expect(principal?.expiresAt).toBeGreaterThanOrEqual(before + 60);
    expect(principal?.expiresAt).toBeLessThanOrEqual(Math.floor(Date.now() / 1000) + 60);
  });

  const misbehaviours: readonly [string, (response: ServerResponse) => void][] = [
    ['500', (response) => json(response, { active: true }, 500)],
    ['401: our credentials are wrong', (response) => json(response, { error: 'invalid_client' }, 401)],
    ['204', (response) => response.writeHead(204).end()],
    [
      'HTML',
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>{"active":true}</html>'),
    ],
    ['an array', (response) => json(response, [{ active: true }])],
    ['nothing', (response) => response.writeHead(200).end()],
    ['an endless body', (response) => response.writeHead(200).end(`{"active":true,"x":"${'x'.repeat(300_000)}"}`)],
    [
      'half a body',
      (response) => response.writeHead(200, { 'content-length': '100' }).write('{"act', () => response.destroy()),
    ],
    ['a closed connection', (response) => response.destroy()],
    ['compression', (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('{"active":true}')],
  ];
  it.each(misbehaviours)('R37: refuses with 503 when the endpoint answers %s', async (_name, misbehave) => {
    issuer.answers.set('/introspect', (_request, response) => misbehave(response));
    expect(await codeOf(gateway, 'opaque')).toBe('identity_provider_unavailable');
  });

  it('R37: follows no redirect, which would carry the client secret away', async () => {
    const elsewhere = await AccessTokenIssuer.start();
    for (const status of [301, 302, 303, 307, 308]) {
      issuer.answers.set('/introspect', (_request, response) =>
        response.writeHead(status, { location: `${elsewhere.url}/introspect` }).end(),
      );
      expect(await codeOf(gateway, `opaque-${status}`)).toBe('identity_provider_unavailable');
    }
    expect(elsewhere.asked).toEqual([]);
    await elsewhere.close();
  });

  it('R37: answers 503 while the endpoint is unreachable and recovers when it is back', async () => {
    const answer = issuer.answers.get('/introspect');
    issuer.answers.set('/introspect', (request) => request.socket.destroy());
    expect(await codeOf(gateway, 'opaque')).toBe('identity_provider_unavailable');
    if (answer !== undefined) issuer.answers.set('/introspect', answer);
    issuer.opaque.set('opaque', active());
    expect(await gateway.authenticate(bearer('opaque'))).toMatchObject({ userId: 'alice' });
  });

  it('queues a bounded number of lookups in a flood of invented tokens and refuses the rest with 503', async () => {
    issuer.answers.set('/introspect', () => undefined);
    const codes: Promise<string>[] = [];
    for (let index = 0; index < 300; index += 1) codes.push(codeOf(gateway, `invented-${index}`));
    const refused = await Promise.race([codes[299], codes[280]]);
    expect(refused).toBe('identity_provider_unavailable');
    expect(issuer.asked.length).toBeLessThanOrEqual(32);
    gateway.close();
    expect(new Set(await Promise.all(codes))).toEqual(new Set(['identity_provider_unavailable']));
  });

  it("R37: shows no issuer another's token: does not look up JWTs, foreign prefixes and malformed tokens", async () => {
    gateway.close();
    gateway = await authenticatorFor(issuer, {
      introspection: {
        endpoint: `${issuer.url}/introspect`,
        clientId: 'gateway',
        clientSecretFile: secretFile,
        tokenPrefix: 'acme_',
      },
    });
    for (const token of ['ghp_foreign', 'ACME_x', 'acme', issuer.token({ iss: 'https://other.test' }), 'eyJ9.x.y']) {
      expect(await codeOf(gateway, token)).toBe('access_token_invalid');
    }
    expect(issuer.introspections).toEqual([]);
  });

  it("R33: sends a JWT only to its own issuer's endpoint, and only as an access token with an accepted algorithm", async () => {
    const token = issuer.token();
    issuer.opaque.set(token, active());
    expect(await gateway.authenticate(bearer(token))).toMatchObject({ userId: 'alice' });
    for (const header of [{ typ: 'txntoken+jwt' }, { typ: 'JWT' }, { alg: 'none' }, { alg: 'HS256' }]) {
      const other = issuer.token({}, header);
      issuer.opaque.set(other, active());
      expect(await codeOf(gateway, other)).toBe('access_token_invalid');
    }
    expect(issuer.introspections).toHaveLength(1);
  });

  it('rereads the client secret: uses a replaced one, answers 503 for a missing one', async () => {
    const file = join(directory, 'moving');
    await writeFile(file, 'one');
    gateway.close();
    gateway = await started(
      [
        {
          issuer: issuer.url,
          audience: AUDIENCE,
          introspection: { endpoint: `${issuer.url}/introspect`, clientId: 'c', clientSecretFile: file },
        },
      ],
      { cache: { introspectionSeconds: 0 } },
    );
    issuer.opaque.set('opaque', active());
    await gateway.authenticate(bearer('opaque'));
    await writeFile(file, 'two');
    await gateway.authenticate(bearer('opaque'));
    const basic = (secret: string): string => `Basic ${Buffer.from(`c:${secret}`).toString('base64')}`;
    expect(issuer.introspections.map(({ authorization }) => authorization)).toEqual([basic('one'), basic('two')]);
    await rm(file);
    expect(await codeOf(gateway, 'opaque')).toBe('identity_provider_unavailable');
  });
});
