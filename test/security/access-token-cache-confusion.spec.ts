import {
  type AccessTokenAuthenticator,
  type AccessTokenIssuerOptions,
} from '../../libs/internal-token/src/gateway/authenticate/index.js';
import {
  AccessTokenIssuer,
  AUDIENCE,
  issuerKey,
  publicJwk,
  CLIENT_SECRET_FILE,
} from '../support/access-token-issuer.js';
import { authenticatorFor, bearer, codeOf, started } from '../support/authenticator.js';
import { refusalOf } from '../support/refusals.js';

const NOW = 1_800_000_000;

describe('access tokens: cached results', () => {
  let clock: number;
  let issuer: AccessTokenIssuer;
  let open: AccessTokenAuthenticator[];

  beforeEach(async () => {
    clock = NOW * 1000;
    open = [];
    issuer = await AccessTokenIssuer.start();
  });

  afterEach(async () => {
    for (const authenticator of open) authenticator.close();
    await issuer.close();
  });

  const jwtOf = (claims: Record<string, unknown> = {}): string => issuer.token({ iat: NOW, exp: NOW + 300, ...claims });
  const introspecting = (tokenPrefix?: string): Partial<AccessTokenIssuerOptions> => ({
    introspection: {
      endpoint: `${issuer.url}/introspect`,
      clientId: 'gateway',
      clientSecretFile: CLIENT_SECRET_FILE,
      ...(tokenPrefix !== undefined && { tokenPrefix }),
    },
  });
  const authenticator = async (
    changes: Partial<AccessTokenIssuerOptions> = {},
    cache: { maxEntries?: number; introspectionSeconds?: number } = {},
  ): Promise<AccessTokenAuthenticator> => {
    const made = await authenticatorFor(issuer, changes, { now: () => clock, cache });
    open.push(made);
    return made;
  };

  it('caches the result, not the request: returns the same frozen principal', async () => {
    const gateway = await authenticator();
    const token = jwtOf();
    const first = await gateway.authenticate(bearer(token));
    const second = gateway.authenticate(bearer(token));
    expect(second).toBe(first);
    expect(Object.isFrozen(first)).toBe(true);
    expect(Object.isFrozen((first as { permissions: unknown }).permissions)).toBe(true);
  });

  it('refuses a token cached for one audience where another audience is required', async () => {
    const gateway = await authenticator();
    const other = await authenticator({ audience: 'https://other.test' });
    const token = jwtOf();
    await gateway.authenticate(bearer(token));
    expect(await codeOf(other, token)).toBe('access_token_invalid');
  });

  it('verifies a token that copies the claims and id of a cached one', async () => {
    const gateway = await authenticator();
    await gateway.authenticate(bearer(jwtOf()));
    const forged = issuer.token({ iat: NOW, exp: NOW + 300 }, {}, await issuerKey());
    expect(await codeOf(gateway, forged)).toBe('access_token_invalid');
    const genuine = jwtOf();
    const cut = genuine.slice(0, genuine.lastIndexOf('.') + 1);
    expect(await codeOf(gateway, `${cut}${'A'.repeat(86)}`)).toBe('access_token_invalid');
  });

  it("does not accept one issuer's opaque token from another, even with the same text after the prefix", async () => {
    const other = await AccessTokenIssuer.start();
    const both = await started([
      { issuer: issuer.url, audience: AUDIENCE, ...introspecting('one_') } as AccessTokenIssuerOptions,
      {
        issuer: other.url,
        audience: AUDIENCE,
        subjectNamespace: 'two',
        introspection: {
          endpoint: `${other.url}/introspect`,
          clientId: 'gateway',
          clientSecretFile: CLIENT_SECRET_FILE,
          tokenPrefix: 'two_',
        },
      },
    ]);
    open.push(both);
    issuer.opaque.set('one_x', { ...issuer.claims(), active: true });
    expect(await both.authenticate(bearer('one_x'))).toMatchObject({ issuer: issuer.url, userId: 'alice' });
    expect(await codeOf(both, 'two_x')).toBe('access_token_invalid');
    other.opaque.set('two_y', { ...other.claims(), active: true });
    expect(await both.authenticate(bearer('two_y'))).toMatchObject({ issuer: other.url, userId: 'two:alice' });
    expect(issuer.introspections.map(({ form }) => form.get('token'))).toEqual(['one_x']);
    await other.close();
  });

  it('drops a cached result at exp, to the second', async () => {
    const gateway = await authenticator();
    const token = jwtOf({ exp: NOW + 60 });
    await gateway.authenticate(bearer(token));
    clock += 50_000;
    expect(await gateway.authenticate(bearer(token))).toMatchObject({ userId: 'alice' });
    clock += 1000;
    expect(await codeOf(gateway, token)).toBe('access_token_invalid');
  });

  it('drops cached results when the issuer withdraws their key', async () => {
    const gateway = await authenticator();
    const token = jwtOf();
    await gateway.authenticate(bearer(token));
    const next = await issuerKey('key-2');
    issuer.keys = [publicJwk(next)];
    await gateway.authenticate(bearer(issuer.token({ iat: NOW, exp: NOW + 300 }, {}, next)));
    expect(await codeOf(gateway, token)).toBe('access_token_invalid');
  });

  it('drops cached results when their key is replaced under the same kid', async () => {
    const gateway = await authenticator();
    const token = jwtOf();
    await gateway.authenticate(bearer(token));
    issuer.keys = [publicJwk(await issuerKey(issuer.key.kid)), publicJwk(await issuerKey('key-2'))];
    await codeOf(gateway, issuer.token({}, { kid: 'key-2' }));
    expect(await codeOf(gateway, token)).toBe('access_token_invalid');
  });

  it('R37: introspects again after the configured time and follows the new answer', async () => {
    const gateway = await authenticator(introspecting(), { introspectionSeconds: 20 });
    issuer.opaque.set('opaque', { ...issuer.claims({ iat: NOW, exp: NOW + 300 }), active: true });
    await gateway.authenticate(bearer('opaque'));
    clock += 19_000;
    await gateway.authenticate(bearer('opaque'));
    expect(issuer.introspections).toHaveLength(1);
    issuer.opaque.clear();
    clock += 1000;
    expect(await codeOf(gateway, 'opaque')).toBe('access_token_invalid');
    expect(issuer.introspections).toHaveLength(2);
  });

  it('R37: never treats a token as active past its exp, whatever is configured', async () => {
    const gateway = await authenticator(introspecting(), { introspectionSeconds: 300 });
    issuer.opaque.set('opaque', { ...issuer.claims({ iat: NOW, exp: NOW + 30 }), active: true });
    await gateway.authenticate(bearer('opaque'));
    clock += 21_000;
    expect(await codeOf(gateway, 'opaque')).toBe('access_token_invalid');
  });

  it('R37: answers 503, not the last cached result, while the endpoint is down', async () => {
    const gateway = await authenticator(introspecting(), { introspectionSeconds: 5 });
    issuer.opaque.set('opaque', { ...issuer.claims({ iat: NOW, exp: NOW + 300 }), active: true });
    await gateway.authenticate(bearer('opaque'));
    issuer.answers.set('/introspect', (_request, response) => response.writeHead(500).end());
    clock += 5000;
    expect(await codeOf(gateway, 'opaque')).toBe('identity_provider_unavailable');
  });

  it('caches no active token with introspectionSeconds 0, and a refusal for five seconds', async () => {
    const gateway = await authenticator(introspecting(), { introspectionSeconds: 0 });
    expect(await codeOf(gateway, 'opaque')).toBe('access_token_invalid');
    issuer.opaque.set('opaque', { ...issuer.claims({ iat: NOW, exp: NOW + 300 }), active: true });
    clock += 5000;
    await gateway.authenticate(bearer('opaque'));
    await gateway.authenticate(bearer('opaque'));
    expect(issuer.introspections).toHaveLength(3);
  });

  it('R37: shares one lookup among requests with the same token, and none with other tokens', async () => {
    const gateway = await authenticator(introspecting());
    const answer = issuer.answers.get('/introspect');
    const waiting: (() => void)[] = [];
    const { promise: bothAsked, resolve } = Promise.withResolvers<void>();
    issuer.answers.set('/introspect', (request, response) => {
      waiting.push(() => answer?.(request, response));
      if (waiting.length === 2) resolve();
    });
    for (const token of ['opaque-a', 'opaque-b']) {
      issuer.opaque.set(token, { ...issuer.claims({ iat: NOW, exp: NOW + 300, sub: token }), active: true });
    }
    const requests = Array.from({ length: 20 }, async (_, index) =>
      gateway.authenticate(bearer(index % 2 === 0 ? 'opaque-a' : 'opaque-b')),
    );
    await bothAsked;
    for (const go of waiting) go();
    const users = (await Promise.all(requests)).map((principal) => principal?.userId);
    expect(users).toEqual(Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? 'opaque-a' : 'opaque-b')));
    expect(issuer.introspections).toHaveLength(2);
  });

  it('evicts the oldest entry of a full cache and stays correct', async () => {
    const gateway = await authenticator({}, { maxEntries: 1 });
    const [first, second] = [jwtOf(), jwtOf({ sub: 'bob' })];
    const alice = await gateway.authenticate(bearer(first));
    await gateway.authenticate(bearer(second));
    const again = await gateway.authenticate(bearer(first));
    expect(again).toEqual(alice);
    expect(again).not.toBe(alice);
  });

  it('does not cache a refusal: the same token is checked again', async () => {
    const gateway = await authenticator();
    const early = jwtOf({ nbf: NOW + 60 });
    const refusal = await refusalOf(() => gateway.authenticate(bearer(early)));
    expect(refusal.code).toBe('access_token_invalid');
    clock += 60_000;
    expect(await gateway.authenticate(bearer(early))).toMatchObject({ userId: 'alice' });
  });
});
