import { hash } from 'node:crypto';
import type { AccessTokenAuthenticator } from '../../libs/internal-token/src/gateway/authenticate/index.js';
import { RefusedTokens } from '../../libs/internal-token/src/gateway/authenticate/refused-tokens.js';
import { invalidToken } from '../../libs/internal-token/src/gateway/authenticate/access-token-refusals.js';
import { AccessTokenIssuer, AUDIENCE, CLIENT_SECRET_FILE } from '../support/access-token-issuer.js';
import { bearer, codeOf, reasonOf, started } from '../support/authenticator.js';

const NOW = 1_800_000_000;

describe('access tokens: refused opaque tokens', () => {
  let now: number;
  let issuer: AccessTokenIssuer;
  let gateway: AccessTokenAuthenticator;

  beforeEach(async () => {
    now = NOW;
    issuer = await AccessTokenIssuer.start();
    const introspection = {
      endpoint: `${issuer.url}/introspect`,
      clientId: 'gateway',
      clientSecretFile: CLIENT_SECRET_FILE,
    };
    gateway = await started([{ issuer: issuer.url, audience: AUDIENCE, introspection }], { now: () => now * 1000 });
  });
  afterEach(async () => {
    gateway.close();
    await issuer.close();
  });

  it('R172: does not look up a refused token again for five seconds', async () => {
    for (let i = 0; i < 3; i += 1) expect(await reasonOf(gateway, 'revoked')).toBe('the token is not active');
    expect(issuer.introspections).toHaveLength(1);
    now += 4;
    await codeOf(gateway, 'revoked');
    expect(issuer.introspections).toHaveLength(1);
    now += 1;
    issuer.opaque.set('revoked', { ...issuer.claims({ iat: NOW, exp: NOW + 300 }), active: true });
    expect(await gateway.authenticate(bearer('revoked'))).toMatchObject({ userId: 'alice' });
    expect(issuer.introspections).toHaveLength(2);
  });

  it('R172: does not look up an active token for another audience again, and keeps its own code', async () => {
    issuer.opaque.set('foreign', { ...issuer.claims({ iat: NOW, exp: NOW + 300, aud: 'other' }), active: true });
    issuer.opaque.set('scopeless', { ...issuer.claims({ iat: NOW, exp: NOW + 300, scope: undefined }), active: true });
    for (let i = 0; i < 2; i += 1) {
      expect(await codeOf(gateway, 'foreign')).toBe('access_token_invalid');
      expect(await codeOf(gateway, 'scopeless')).toBe('insufficient_scope');
    }
    expect(issuer.introspections).toHaveLength(2);
  });

  it('R172: still looks up valid tokens after 256 refused ones are sent repeatedly', async () => {
    const bad = Array.from({ length: 256 }, (_, index) => `bad-${index}`);
    await Promise.all(bad.map((token) => codeOf(gateway, token)));
    const lookedUp = issuer.introspections.length;
    issuer.opaque.set('good', { ...issuer.claims({ iat: NOW, exp: NOW + 300 }), active: true });
    const again = bad.map((token) => codeOf(gateway, token));
    expect(await gateway.authenticate(bearer('good'))).toMatchObject({ userId: 'alice' });
    expect(new Set(await Promise.all(again))).toEqual(new Set(['access_token_invalid']));
    expect(issuer.introspections.length).toBe(lookedUp + 1);
  });

  it('R172: does not cache an outage: the next request is looked up', async () => {
    const answer = issuer.answers.get('/introspect');
    issuer.opaque.set('good', { ...issuer.claims({ iat: NOW, exp: NOW + 300 }), active: true });
    issuer.answers.set('/introspect', (_request, response) => response.writeHead(500).end());
    expect(await codeOf(gateway, 'good')).toBe('identity_provider_unavailable');
    if (answer !== undefined) issuer.answers.set('/introspect', answer);
    expect(await gateway.authenticate(bearer('good'))).toMatchObject({ userId: 'alice' });
  });

  it('R172: bounds the refusal cache in entries and bytes, and stores no token in it', () => {
    const refused = new RefusedTokens();
    const hashOf = (index: number) => hash('sha256', `token-${index}`, 'base64url');
    for (let index = 0; index < 30_000; index += 1) refused.add(hashOf(index), invalidToken('x'.repeat(100)), NOW);
    expect(refused.size).toBeLessThanOrEqual(10_000);
    expect(refused.bytes).toBeLessThanOrEqual(2 * 1024 * 1024);
    expect(refused.find(hashOf(29_999), NOW)).toMatchObject({ code: 'access_token_invalid' });
    expect(refused.find(hashOf(0), NOW)).toBeUndefined();
    // Setting the clock back does not prolong a refusal.
    expect(refused.find(hashOf(29_999), NOW - 3600)).toBeUndefined();
  });
});
