import type { AccessTokenAuthenticator } from '../../libs/internal-token/src/gateway/authenticate/index.js';
import { AccessTokenIssuer, AUDIENCE } from '../support/access-token-issuer.js';
import { authenticatorFor, bearer, codeOf, reasonOf } from '../support/authenticator.js';

describe('access tokens: near misses of issuer and audience', () => {
  let issuer: AccessTokenIssuer;
  let authenticator: AccessTokenAuthenticator;

  beforeAll(async () => {
    issuer = await AccessTokenIssuer.start();
    authenticator = await authenticatorFor(issuer);
  });

  afterAll(async () => {
    authenticator.close();
    await issuer.close();
  });

  const issuers: readonly [string, (url: string) => unknown][] = [
    ['a slash more', (url) => `${url}/`],
    ['a space more', (url) => `${url} `],
    ['upper case', (url) => url.toUpperCase()],
    ['https instead of http', (url) => url.replace('http:', 'https:')],
    ['its prefix', (url) => url.slice(0, -1)],
    ['a longer one', (url) => `${url}0`],
    ['another host name for the same address', (url) => url.replace('127.0.0.1', 'localhost')],
    ['an array', (url) => [url]],
    ['an object', (url) => ({ [url]: true })],
    ['nothing', () => undefined],
    ['null', () => null],
    ['the empty string', () => ''],
    ['a name from Object.prototype', () => 'constructor'],
  ];
  it.each(issuers)('R26: refuses as iss %s', async (_name, change) => {
    expect(await reasonOf(authenticator, issuer.token({ iss: change(issuer.url) }))).toBe(
      'the issuer is not configured',
    );
  });

  it.each([[AUDIENCE], [[AUDIENCE]], [['https://other.test', AUDIENCE]]])('R26: accepts as aud %j', async (aud) => {
    expect(await authenticator.authenticate(bearer(issuer.token({ aud })))).toMatchObject({ userId: 'alice' });
  });

  it.each([
    [`${AUDIENCE}/`],
    [`${AUDIENCE} `],
    [` ${AUDIENCE}`],
    [AUDIENCE.toUpperCase()],
    [AUDIENCE.slice(0, -1)],
    [`${AUDIENCE}.evil.test`],
    [`${AUDIENCE} https://other.test`],
    [`${AUDIENCE},https://other.test`],
    [[]],
    [['https://other.test']],
    [[[AUDIENCE]]],
    [[AUDIENCE, 1]],
    [[AUDIENCE, null]],
    [{ 0: AUDIENCE }],
    [{ includes: AUDIENCE }],
    [true],
    [''],
    ['*'],
    [null],
    [undefined],
  ])('R26: refuses as aud %j', async (aud) => {
    expect(await reasonOf(authenticator, issuer.token({ aud }))).toBe('the audience does not match');
  });

  it("R26: refuses one trusted issuer signing in another's name", async () => {
    const other = await AccessTokenIssuer.start();
    const forged = other.token({ iss: issuer.url });
    expect(await codeOf(authenticator, forged)).toBe('access_token_invalid');
    await other.close();
  });
});
