import type { AccessTokenAuthenticator } from '../../libs/internal-token/src/gateway/authenticate/index.js';
import { AccessTokenIssuer, issuerKey, publicJwk } from '../support/access-token-issuer.js';
import { authenticatorFor, codeOf } from '../support/authenticator.js';

describe('access tokens: keys supplied by the token', () => {
  let issuer: AccessTokenIssuer;
  let attacker: AccessTokenIssuer;
  let authenticator: AccessTokenAuthenticator;

  beforeEach(async () => {
    issuer = await AccessTokenIssuer.start();
    attacker = await AccessTokenIssuer.start(await issuerKey(issuer.key.kid));
    authenticator = await authenticatorFor(issuer);
  });

  afterEach(async () => {
    authenticator.close();
    await Promise.all([issuer.close(), attacker.close()]);
  });

  it('refuses jwk, jku, x5u and x5c in the header and fetches nothing', async () => {
    const loads = issuer.asked.length;
    const headers: Record<string, unknown>[] = [
      { jwk: publicJwk(attacker.key) },
      { jku: `${attacker.url}/jwks` },
      { x5u: `${attacker.url}/chain.pem` },
      { x5c: ['MIIB'] },
    ];
    for (const header of headers) {
      expect(await codeOf(authenticator, issuer.token({}, header, attacker.key))).toBe('access_token_invalid');
      expect(await codeOf(authenticator, issuer.token({}, header))).toBe('access_token_invalid');
    }
    expect(attacker.asked).toEqual([]);
    expect(issuer.asked).toHaveLength(loads);
  });

  it.each([{ crit: ['exp'] }, { crit: [] }, { b64: false }, { zip: 'DEF' }, { enc: 'A256GCM' }])(
    'refuses a header that changes what the signature means: %j',
    async (header) => {
      expect(await codeOf(authenticator, issuer.token({}, header))).toBe('access_token_invalid');
    },
  );

  it.each([
    '../../../../dev/null',
    "' OR 1=1 --",
    '$(id)',
    '__proto__',
    'constructor',
    'http://127.0.0.1:1/',
    'a\r\nforged: line',
    'k'.repeat(5000),
    '',
    undefined,
    null,
    1,
    {},
    ['key-1'],
  ])('refuses kid %j', async (kid) => {
    expect(await codeOf(authenticator, issuer.token({}, { kid }, attacker.key))).toBe('access_token_invalid');
  });

  it('limits key loads in a flood of unknown kids, and accepts valid tokens meanwhile', async () => {
    const codes = await Promise.all(
      Array.from({ length: 500 }, (_, index) =>
        codeOf(authenticator, issuer.token({ n: index }, { kid: `x${index}` })),
      ),
    );
    expect(new Set(codes)).toEqual(new Set(['access_token_invalid']));
    expect(issuer.asked.length).toBeLessThanOrEqual(6);
    expect(await authenticator.authenticate(['authorization', `Bearer ${issuer.token()}`])).toBeDefined();
  });

  it('finds a key that the issuer has just published', async () => {
    const next = await issuerKey('key-2');
    issuer.keys.push(publicJwk(next));
    const principal = await authenticator.authenticate(['authorization', `Bearer ${issuer.token({}, {}, next)}`]);
    expect(principal).toMatchObject({ userId: 'alice' });
  });
});
