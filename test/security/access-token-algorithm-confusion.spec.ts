import { createHmac, createPublicKey, sign } from 'node:crypto';
import type { AccessTokenAuthenticator } from '../../libs/internal-token/src/gateway/authenticate/index.js';
import { AccessTokenIssuer, encodePart, issuerKey, publicJwk } from '../support/access-token-issuer.js';
import { authenticatorFor, bearer, codeOf, reasonOf } from '../support/authenticator.js';

describe('access tokens: algorithm confusion', () => {
  let issuer: AccessTokenIssuer;
  let authenticator: AccessTokenAuthenticator;

  beforeAll(async () => {
    issuer = await AccessTokenIssuer.start(await issuerKey('rsa', 'RS256'));
    authenticator = await authenticatorFor(issuer);
  });

  afterAll(async () => {
    authenticator.close();
    await issuer.close();
  });

  it('R27: accepts the algorithm of the key', async () => {
    expect(await authenticator.authenticate(bearer(issuer.token()))).toMatchObject({ userId: 'alice' });
  });

  it.each(['none', 'None', 'NONE', 'nOnE', 'HS256', 'hs256', 'RS256 ', 'rs256', 'ES256K', 'toString', ''])(
    'R27: refuses alg %j even with a valid signature',
    async (alg) => {
      expect(await reasonOf(authenticator, issuer.token({}, { alg }))).toBe('the algorithm is not accepted');
    },
  );

  it.each([[undefined], [null], [['RS256']], [{}], [1]])(
    'R27: refuses an alg that is not a string: %j',
    async (alg) => {
      expect(await codeOf(authenticator, issuer.token({}, { alg }))).toBe('access_token_invalid');
    },
  );

  it.each(['', 'AA'])('R27: refuses an unsigned token with the signature part %j', async (signature) => {
    for (const alg of ['none', 'RS256']) {
      const input = `${encodePart({ alg, typ: 'at+jwt', kid: 'rsa' })}.${encodePart(issuer.claims())}`;
      expect(await codeOf(authenticator, `${input}.${signature}`)).toBe('access_token_invalid');
    }
  });

  it('R27: refuses an HMAC keyed with the public key in any encoding', async () => {
    const key = createPublicKey(issuer.key.privateKey);
    const secrets = [
      key.export({ format: 'pem', type: 'spki' }),
      key.export({ format: 'pem', type: 'pkcs1' }),
      key.export({ format: 'der', type: 'spki' }),
      JSON.stringify(publicJwk(issuer.key)),
      '',
    ];
    for (const secret of secrets) {
      for (const alg of ['HS256', 'RS256']) {
        const input = `${encodePart({ alg, typ: 'at+jwt', kid: 'rsa' })}.${encodePart(issuer.claims())}`;
        const signature = createHmac('sha256', secret).update(input).digest('base64url');
        expect(await codeOf(authenticator, `${input}.${signature}`)).toBe('access_token_invalid');
      }
    }
  });

  it('R27: refuses PS256 under a key published for RS256, even with a valid signature', async () => {
    const token = issuer.token({}, {}, { ...issuer.key, alg: 'PS256' });
    expect(await reasonOf(authenticator, token)).toBe('the algorithm does not match the key');
  });

  it('R27: refuses an algorithm the issuer is not allowed to use, even if its key fits', async () => {
    const strict = await authenticatorFor(issuer, { algorithms: ['ES256'] });
    expect(await reasonOf(strict, issuer.token())).toBe('the algorithm is not accepted');
    strict.close();
  });

  it.each(['ES256', 'EdDSA', 'PS256'])(
    'R27: accepts %s by default, and refuses its key under another algorithm name',
    async (alg) => {
      const other = await AccessTokenIssuer.start(await issuerKey('other', alg));
      const verifier = await authenticatorFor(other);
      expect(await verifier.authenticate(bearer(other.token()))).toMatchObject({ userId: 'alice' });
      expect(await codeOf(verifier, other.token({}, { alg: 'RS256' }))).toBe('access_token_invalid');
      verifier.close();
      await other.close();
    },
  );

  it('refuses a DER-encoded ECDSA signature', async () => {
    const other = await AccessTokenIssuer.start(await issuerKey('ec'));
    const verifier = await authenticatorFor(other);
    const input = `${encodePart({ alg: 'ES256', typ: 'at+jwt', kid: 'ec' })}.${encodePart(other.claims())}`;
    const der = sign('sha256', Buffer.from(input), other.key.privateKey).toString('base64url');
    expect(await reasonOf(verifier, `${input}.${der}`)).toBe('the signature is not valid');
    verifier.close();
    await other.close();
  });

  it('uses an RSA key published without alg for RS256 only', async () => {
    const { alg: _alg, ...silent } = publicJwk(issuer.key);
    issuer.keys = [silent];
    const verifier = await authenticatorFor(issuer);
    expect(await verifier.authenticate(bearer(issuer.token()))).toMatchObject({ userId: 'alice' });
    expect(await codeOf(verifier, issuer.token({}, {}, { ...issuer.key, alg: 'PS256' }))).toBe('access_token_invalid');
    verifier.close();
  });
});
