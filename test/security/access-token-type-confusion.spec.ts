import {
  AccessTokenAuthenticator,
  type AccessTokenIssuerOptions,
} from '../../libs/internal-token/src/gateway/authenticate/index.js';
import { AccessTokenIssuer, AUDIENCE } from '../support/access-token-issuer.js';
import { authenticatorFor, bearer, codeOf, reasonOf } from '../support/authenticator.js';

describe('access tokens: other kinds of token in their place', () => {
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

  it.each(['at+jwt', 'application/at+jwt', 'AT+JWT', 'Application/At+Jwt'])('R25: accepts typ %s', async (typ) => {
    expect(await authenticator.authenticate(bearer(issuer.token({}, { typ })))).toMatchObject({ userId: 'alice' });
  });

  it.each([
    ['R33', 'txntoken+jwt'],
    ['R33', 'application/txntoken+jwt'],
    ['R34', 'JWT'],
    ['R25', 'logout+jwt'],
    ['R25', 'dpop+jwt'],
    ['R25', 'secevent+jwt'],
    ['R25', 'wit+jwt'],
    ['R25', 'text/at+jwt'],
    ['R25', 'at+jwt '],
    ['R25', 'application/application/at+jwt'],
    ['R25', ''],
    ['R25', undefined],
    ['R25', null],
    ['R25', ['at+jwt']],
  ])('%s: refuses typ %j, even from the right issuer and key', async (_rule, typ) => {
    expect(await codeOf(authenticator, issuer.token({}, { typ }))).toBe('access_token_invalid');
  });

  it("R33: refuses the gateway's own internal token: its issuer is not configured", async () => {
    const token = issuer.token({ iss: 'api_gateway', txn: '0'.repeat(32) }, { typ: 'txntoken+jwt' });
    expect(await reasonOf(authenticator, token)).toBe('the issuer is not configured');
  });

  it('R25: accepts other types only from the issuer configured for them', async () => {
    const lenient = await authenticatorFor(issuer, { types: ['JWT', ''] });
    expect(await lenient.authenticate(bearer(issuer.token({}, { typ: 'JWT' })))).toMatchObject({ userId: 'alice' });
    expect(await lenient.authenticate(bearer(issuer.token({}, { typ: undefined })))).toMatchObject({ userId: 'alice' });
    expect(await codeOf(lenient, issuer.token())).toBe('access_token_invalid');
    lenient.close();
  });

  it.each([{ at_hash: 'x' }, { c_hash: 'x' }, { token_use: 'id' }, { token_use: 'refresh_token' }, { events: {} }])(
    'R34: refuses claims of other token kinds where typ JWT is accepted: %j',
    async (claims) => {
      const lenient = await authenticatorFor(issuer, { types: ['JWT'] });
      expect(await codeOf(lenient, issuer.token(claims, { typ: 'JWT' }))).toBe('access_token_invalid');
      lenient.close();
    },
  );

  it.each(['txntoken+jwt', 'application/TXNTOKEN+JWT', 'dpop+jwt', 'logout+jwt'])(
    'R33: accepts %s under no configuration',
    (type) => {
      const trusted: AccessTokenIssuerOptions = {
        issuer: issuer.url,
        audience: AUDIENCE,
        jwksFile: 'x',
        types: [type],
      };
      expect(() => new AccessTokenAuthenticator({ issuers: [trusted], allowInsecureLoopback: true })).toThrow(
        /issuers\[0\]\.types.*remove it/,
      );
    },
  );
});
