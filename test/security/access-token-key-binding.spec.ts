import { AccessTokenIssuer, CLIENT_SECRET_FILE } from '../support/access-token-issuer.js';
import { authenticatorFor, codeOf, reasonOf } from '../support/authenticator.js';

describe('access tokens: bound to a key that nobody proves', () => {
  it.each([
    ['R36: by the thumbprint of a key', { jkt: 'thumbprint' }],
    ['R35: by a certificate', { 'x5t#S256': 'thumbprint' }],
    ['R36: by the id of a key', { kid: 'key' }],
    ['R36: by a key', { jwk: { kty: 'EC' } }],
    ['R36: by nothing', {}],
    ['R36: by a text', ''],
    ['R36: by false', false],
  ])('%s: refused', async (_what, cnf) => {
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
