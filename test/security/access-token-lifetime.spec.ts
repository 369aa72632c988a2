import type { AccessTokenAuthenticator } from '../../libs/internal-token/src/gateway/authenticate/index.js';
import { AccessTokenIssuer, encodePart, signed } from '../support/access-token-issuer.js';
import { authenticatorFor, bearer, codeOf, reasonOf } from '../support/authenticator.js';

describe('access tokens: lifetime', () => {
  const NOW = 1_800_000_000;
  const DAY = 24 * 60 * 60;
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

  it.each([undefined, null, '1800000300', [NOW + 300], {}, true, -1])(
    'R28: refuses a missing or malformed exp: %j',
    async (exp) => {
      expect(await codeOf(authenticator, token({ exp }))).toBe('access_token_invalid');
    },
  );

  it('R28: refuses an exp beyond the range of numbers', async () => {
    const claims = JSON.stringify(issuer.claims()).replace(/"exp":\d+/, '"exp":1e400');
    const header = encodePart({ alg: 'ES256', typ: 'at+jwt', kid: issuer.key.kid });
    expect(await codeOf(authenticator, signed(`${header}.${encodePart(claims)}`, issuer.key))).toBe(
      'access_token_invalid',
    );
  });

  it('R113a: accepts a token with ten seconds left, and refuses it from the cache a second later', async () => {
    const short = token({ exp: NOW + 10 });
    expect(await authenticator.authenticate(bearer(short))).toMatchObject({ expiresAt: NOW + 10 });
    clock += 1000;
    expect(await reasonOf(authenticator, short)).toBe('the token has expired or is about to');
  });

  it.each([
    ['milliseconds', (NOW + 300) * 1000],
    ['the year 9999', 253_402_300_799],
    ['31 days and a second', NOW + 31 * DAY + 1],
  ])('R28: refuses an exp of %s', async (_name, exp) => {
    expect(await reasonOf(authenticator, token({ exp }))).toBe('exp is later than maximumRemainingSeconds allows');
  });

  it('R28: accepts an exp 31 days away; the issuer option sets another limit', async () => {
    expect(await authenticator.authenticate(bearer(token({ exp: NOW + 31 * DAY })))).toMatchObject({ userId: 'alice' });
    const strict = await authenticatorFor(issuer, { maximumRemainingSeconds: 3600 }, { now: () => clock });
    expect(await strict.authenticate(bearer(token({ exp: NOW + 3600 })))).toMatchObject({ userId: 'alice' });
    expect(await codeOf(strict, token({ exp: NOW + 3601 }))).toBe('access_token_invalid');
    strict.close();
  });

  it('R28: refuses an at+jwt without iat; other types may omit it (RFC 9068 section 2.2)', async () => {
    expect(await reasonOf(authenticator, token({ iat: undefined }))).toBe('an at+jwt without iat');
    const lenient = await authenticatorFor(issuer, { types: ['JWT', 'at+jwt'] }, { now: () => clock });
    const plain = issuer.token({ iat: undefined, exp: NOW + 300 }, { typ: 'JWT' });
    expect(await lenient.authenticate(bearer(plain))).toMatchObject({ userId: 'alice' });
    expect(await codeOf(lenient, issuer.token({ iat: undefined, exp: NOW + 300 }, { typ: 'application/AT+JWT' }))).toBe(
      'access_token_invalid',
    );
    lenient.close();
  });

  it.each([0, 60])('R64: uses the leeway configured for the issuer: %d seconds', async (leewaySeconds) => {
    const gateway = await authenticatorFor(issuer, { leewaySeconds }, { now: () => clock });
    for (const name of ['iat', 'nbf']) {
      const passes = gateway.authenticate(bearer(token({ [name]: NOW + leewaySeconds })));
      expect(await passes).toMatchObject({ userId: 'alice' });
      expect(await codeOf(gateway, token({ [name]: NOW + leewaySeconds + 1 }))).toBe('access_token_invalid');
    }
    gateway.close();
  });

  it.each([{ nbf: NOW + 6 }, { iat: NOW + 6 }, { nbf: 'now' }, { iat: '0' }, { iat: null }, { nbf: [] }])(
    'refuses a token that is not valid yet or has a malformed time: %j',
    async (claims) => {
      expect(await codeOf(authenticator, token(claims))).toBe('access_token_invalid');
    },
  );

  it.each([{ nbf: NOW + 5 }, { iat: NOW + 5 }, { nbf: NOW - 1.5 }])(
    'R64: tolerates clocks that differ by five seconds: %j',
    async (claims) => {
      expect(await authenticator.authenticate(bearer(token(claims)))).toMatchObject({ userId: 'alice' });
    },
  );
});
