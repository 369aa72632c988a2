import { createPublicKey } from 'node:crypto';
import { base64url, Forge, hmac, publicPart, signBytes, testKey } from './support/forge.js';

const ALL = ['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256', 'PS256'] as const;

describe('algorithm confusion', () => {
  it.each(ALL)('R66: never uses a public %s key as a shared secret', async (algorithm) => {
    const forge = await Forge.create(algorithm, { algorithms: ALL });
    const jwk = publicPart(forge.key);
    const key = createPublicKey({ key: forge.key, format: 'jwk' });
    const secrets = [
      key.export({ type: 'spki', format: 'pem' }),
      String(key.export({ type: 'spki', format: 'pem' })).trim(),
      key.export({ type: 'spki', format: 'der' }),
      JSON.stringify(jwk),
      JSON.stringify({ keys: [jwk] }),
      forge.key.kid,
      '',
    ];
    for (const [alg, digest] of [
      ['HS256', 'sha256'],
      ['HS384', 'sha384'],
      ['HS512', 'sha512'],
      ['hs256', 'sha256'],
      [algorithm, 'sha256'],
    ] as const) {
      const input = `${base64url(forge.header({ alg }))}.${base64url(forge.payload())}`;
      for (const secret of secrets) {
        const token = `${input}.${base64url(hmac(input, secret, digest))}`;
        expect(await forge.refusal(token)).toBe(alg === algorithm ? 'txn_signature' : 'txn_alg');
      }
    }
  });

  it('R67: uses a key only for the algorithm it is published for, even if another signature fits', async () => {
    const forge = await Forge.create('RS256', { algorithms: ALL });
    for (const [alg, options] of [
      ['PS256', { pss: true }],
      ['ES256', {}],
      ['EdDSA', {}],
    ] as const) {
      const input = `${base64url(forge.header({ alg }))}.${base64url(forge.payload())}`;
      expect(await forge.refusal(`${input}.${base64url(signBytes(input, forge.key, options))}`)).toBe('txn_alg');
    }
  });

  it('R67: refuses an RSA signature with another padding or digest under the published name', async () => {
    const rs256 = await Forge.create('RS256');
    const ps256 = await Forge.create('PS256');
    const input = (forge: Forge) => `${base64url(forge.header())}.${base64url(forge.payload())}`;
    const asPss = input(rs256);
    expect(await rs256.refusal(`${asPss}.${base64url(signBytes(asPss, rs256.key, { pss: true }))}`)).toBe(
      'txn_signature',
    );
    const asPkcs1 = input(ps256);
    expect(await ps256.refusal(`${asPkcs1}.${base64url(signBytes(asPkcs1, ps256.key))}`)).toBe('txn_signature');
    const sha512 = input(rs256);
    expect(await rs256.refusal(`${sha512}.${base64url(signBytes(sha512, rs256.key, { digest: 'sha512' }))}`)).toBe(
      'txn_signature',
    );
  });

  it('R66: refuses a disallowed algorithm even if its key is known', async () => {
    const forge = await Forge.create('ES256');
    const other = testKey('RS256');
    const input = `${base64url(forge.header({ alg: 'RS256', kid: other.kid }))}.${base64url(forge.payload())}`;
    expect(await forge.refusal(`${input}.${base64url(signBytes(input, other))}`)).toBe('txn_alg');
  });

  it.each(['es256', 'Es256', 'ES256 ', 'ES256\u0000', 'ES256K', 'constructor', '__proto__'])(
    'R66: compares the name exactly and refuses %j',
    async (alg) => {
      const forge = await Forge.create('ES256');
      expect(await forge.refusal(forge.token({}, { alg }))).toBe('txn_alg');
    },
  );
});
