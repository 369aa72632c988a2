import type { AccessTokenAuthenticator } from '../../libs/internal-token/src/edge/access-token/index.js';
import { AccessTokenIssuer, encodePart, signed } from '../support/access-token-issuer.js';
import { authenticatorFor, bearer, codeOf, reasonOf } from '../support/authenticator.js';

describe('access tokens: times', () => {
  const NOW = 1_800_000_000;
  let clock = NOW * 1000;
  let issuer: AccessTokenIssuer;
  let authenticator: AccessTokenAuthenticator;

  beforeAll(async () => {
    issuer = await AccessTokenIssuer.start();
    authenticator = await authenticatorFor(issuer, {}, { now: () => clock });
  });

  beforeEach(() => {
    clock = NOW * 1000;
  });

  afterAll(async () => {
    authenticator.close();
    await issuer.close();
  });

  const token = (claims: Record<string, unknown>): string =>
    issuer.token({ iat: NOW, exp: NOW + 300, ...claims }, { typ: 'at+jwt' });

  it.each([
    ['R28', NOW - 1],
    ['R28', NOW],
    ['R28', 0],
    ['R113a', NOW + 9],
  ])('%s: refuses exp %d', async (_rule, exp) => {
    expect(await reasonOf(authenticator, token({ exp }))).toBe('the token has expired or is about to');
  });

  it.each([undefined, null, '1800000300', [NOW + 300], {}, true, -1])('R28: refuses exp %j', async (exp) => {
    expect(await codeOf(authenticator, token({ exp }))).toBe('access_token_invalid');
  });

  it('R28: refuses an exp beyond all numbers', async () => {
    const claims = JSON.stringify(issuer.claims()).replace(/"exp":\d+/, '"exp":1e400');
    const header = encodePart({ alg: 'ES256', typ: 'at+jwt', kid: issuer.key.kid });
    expect(await codeOf(authenticator, signed(`${header}.${encodePart(claims)}`, issuer.key))).toBe(
      'access_token_invalid',
    );
  });

  it('R113a: accepts a token with ten seconds left, and refuses it, cached, a second later', async () => {
    const short = token({ exp: NOW + 10 });
    expect(await authenticator.authenticate(bearer(short))).toMatchObject({ expiresAt: NOW + 10 });
    clock += 1000;
    expect(await reasonOf(authenticator, short)).toBe('the token has expired or is about to');
  });

  it.each([{ nbf: NOW + 6 }, { iat: NOW + 6 }, { nbf: 'now' }, { iat: '0' }, { iat: null }, { nbf: [] }])(
    'refuses a token that is not valid yet or does not say when: %j',
    async (claims) => {
      expect(await codeOf(authenticator, token(claims))).toBe('access_token_invalid');
    },
  );

  it.each([{ nbf: NOW + 5 }, { iat: NOW + 5 }, { iat: undefined }, { nbf: NOW - 1.5 }])(
    'accepts clocks that differ by five seconds, and no iat at all: %j',
    async (claims) => {
      expect(await authenticator.authenticate(bearer(token(claims)))).toMatchObject({ userId: 'alice' });
    },
  );
});
