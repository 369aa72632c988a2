import { createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { validateKeySet } from './validate-key-set.js';

const publicJwk = (key: KeyObject, more: object = {}): JsonWebKey => ({
  ...createPublicKey(key).export({ format: 'jwk' }),
  kid: 'k',
  use: 'sig',
  ...more,
});
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const good = publicJwk(p256, { kid: 'good', alg: 'ES256' });

/** Why a key is refused beside a good one; undefined if it is admitted. */
function fault(jwk: unknown): string | undefined {
  const { admitted, refused } = validateKeySet({ keys: [good, jwk as JsonWebKey] });
  expect(admitted.has('good')).toBe(true);
  return refused[0]?.reason;
}

describe('validateKeySet', () => {
  it('admits keys that fit their algorithm; EC and Ed25519 keys imply it', () => {
    expect(fault(publicJwk(p256, { alg: 'ES256' }))).toBeUndefined();
    expect(fault(publicJwk(p256))).toBeUndefined();
    expect(fault(publicJwk(generateKeyPairSync('ed25519').privateKey))).toBeUndefined();
    expect(fault(publicJwk(rsa, { alg: 'PS256', key_ops: ['verify'] }))).toBeUndefined();
    expect(fault(publicJwk(p256, { use: undefined, x5t: 'x', foo: 1 }))).toBeUndefined();
  });

  it('R67: refuses an RSA key that does not name its algorithm', () => {
    expect(fault(publicJwk(rsa))).toContain('no alg');
  });

  it('R101: refuses a key with private members, since it is known to everybody', () => {
    for (const key of [p256, rsa]) {
      expect(fault({ ...key.export({ format: 'jwk' }), kid: 'k', alg: key === rsa ? 'RS256' : 'ES256' })).toContain(
        'secret',
      );
    }
    expect(fault(publicJwk(p256, { d: '' }))).toContain('secret');
  });

  it('R101: refuses symmetric keys', () => {
    expect(fault({ kty: 'oct', k: 'AAAA', kid: 'k', alg: 'HS256' })).toContain('secret');
    expect(fault({ kty: 'oct', kid: 'k' })).toContain('secret');
  });

  it('R6: refuses weak RSA keys and exponent 1', () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
    expect(fault(publicJwk(weak, { alg: 'RS256' }))).toContain('2048 bits');
    expect(fault(publicJwk(rsa, { alg: 'RS256', e: 'AQ' }))).toBeDefined();
    expect(fault(publicJwk(rsa, { alg: 'RS256', e: 'Aw' }))).toContain('exponent');
    expect(fault(publicJwk(rsa, { alg: 'RS256', e: 'AQAA' }))).toContain('exponent');
  });

  it('R6, R67: refuses a key whose type, curve and algorithm do not fit together', () => {
    expect(fault(publicJwk(p256, { alg: 'ES384' }))).toContain('curve');
    expect(fault(publicJwk(p256, { alg: 'RS256' }))).toContain('type rsa');
    expect(fault(publicJwk(rsa, { alg: 'ES256' }))).toContain('type ec');
    expect(
      fault(publicJwk(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey, { alg: 'ES256' })),
    ).toContain('curve');
    for (const alg of ['HS256', 'none', 'ECDH-ES', 'RS1', '', 7])
      expect(fault(publicJwk(p256, { alg }))).toContain('alg');
  });

  it('refuses Ed25519 points of small order', () => {
    const points = ['00'.repeat(32), `01${'00'.repeat(31)}`, `ec${'ff'.repeat(30)}7f`, `${'00'.repeat(31)}80`];
    for (const point of points) {
      const jwk = {
        kty: 'OKP',
        crv: 'Ed25519',
        x: Buffer.from(point, 'hex').toString('base64url'),
        kid: 'k',
        alg: 'EdDSA',
      };
      expect(fault(jwk)).toBeDefined();
    }
  });

  it('refuses a point that is not on the curve', () => {
    expect(fault(publicJwk(p256, { y: good.x }))).toContain('not a public key');
  });

  it('R102: refuses both keys that share a kid, and admits the others', () => {
    const { admitted, refused } = validateKeySet({ keys: [publicJwk(p256), good, publicJwk(rsa, { alg: 'RS256' })] });
    expect([...admitted.keys()]).toEqual(['good']);
    expect(refused).toEqual([
      { keyId: 'k', reason: 'its kid is not unique' },
      { keyId: 'k', reason: 'its kid is not unique' },
    ]);
  });

  it.each([undefined, '', 7, 'a b', 'k'.repeat(129), null])('R102: refuses kid %j', (kid) => {
    expect(fault(publicJwk(p256, { kid }))).toContain('kid');
  });

  it('refuses keys for other uses than signatures', () => {
    expect(fault(publicJwk(p256, { use: 'enc' }))).toContain('use');
    expect(fault(publicJwk(p256, { key_ops: ['sign'] }))).toContain('key_ops');
    expect(fault(publicJwk(p256, { key_ops: 'verify' }))).toContain('key_ops');
  });

  it.each([null, 7, 'key', [], {}, { kty: 'EC' }])('refuses %j as a key', (jwk) => {
    expect(fault(jwk)).toBeDefined();
  });

  it('refuses a whole set of more than 64 keys', () => {
    const keys = Array.from({ length: 65 }, (_, i) => publicJwk(p256, { kid: `k${i}` }));
    expect(() => validateKeySet({ keys })).toThrow('65 keys');
    expect(validateKeySet({ keys: keys.slice(1) }).admitted.size).toBe(64);
  });

  it('R111: the reason of a refusal contains nothing of the key', () => {
    const secret = p256.export({ format: 'jwk' });
    const { refused } = validateKeySet({ keys: [{ ...secret, kid: 'leaked' }] });
    expect(JSON.stringify(refused)).not.toContain(secret.d);
  });
});
