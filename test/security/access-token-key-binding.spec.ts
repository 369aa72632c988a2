import { AccessTokenIssuer, CLIENT_SECRET_FILE } from '../support/access-token-issuer.js';
import { authenticatorFor, codeOf, reasonOf } from '../support/authenticator.js';

describe('access tokens: bound to a key without proof of possession', () => {
  it.each([
    ['R36: refuses a token bound to a key thumbprint', { jkt: 'thumbprint' }],
    ['R35: refuses a token bound to a certificate', { 'x5t#S256': 'thumbprint' }],
    ['R36: refuses a token bound to a key id', { kid: 'key' }],
    ['R36: refuses a token bound to a JWK', { jwk: { kty: 'EC' } }],
    ['R36: refuses a token with an empty cnf', {}],
    ['R36: refuses a token whose cnf is a string', ''],
    ['R36: refuses a token whose cnf is false', false],
  ])('%s', async (_what, cnf) => {
    const issuer = await AccessTokenIssuer.start();
    const authenticator = await authenticatorFor(issuer);
    expect(await reasonOf(authenticator, issuer.token({ cnf }))).toBe('the token is bound to a key (cnf)');
    authenticator.close();
    await issuer.close();
  });

  it('R36: refuses cnf in an introspection answer', async () => {
    const issuer = await AccessTokenIssuer.start();
    issuer.opaque.set('opaque', { ...issuer.claims(), active: true, cnf: { jkt: 'thumbprint' } });
    const authenticator = await authenticatorFor(issuer, {
      introspection: {
        endpoint: `${issuer.url}/introspect`,
        clientId: 'gateway',
        clientSecretFile: CLIENT_SECRET_FILE,
      },
    });
    expect(await codeOf(authenticator, 'opaque')).toBe('access_token_invalid');
    authenticator.close();
    await issuer.close();
  });
});
