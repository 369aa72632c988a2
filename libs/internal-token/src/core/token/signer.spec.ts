import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { createSigner, type SignerOptions } from './signer.js';

const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey;
const rsa = (modulusLength: number, publicExponent = 0x10001) =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent }).privateKey;
const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();

const refusal = (options: unknown) => createSigner(options as SignerOptions).then(() => 'accepted', String);

describe('createSigner', () => {
  it('R5: defaults to ES256 for an EC P-256 key, and to the algorithm that fits for other keys', async () => {
    expect((await createSigner({ key: ec('P-256') })).algorithm).toBe('ES256');
    expect((await createSigner({ key: ec('P-384') })).algorithm).toBe('ES384');
    expect((await createSigner({ key: generateKeyPairSync('ed25519').privateKey })).algorithm).toBe('EdDSA');
    const rsaKey = rsa(2048);
    expect((await createSigner({ key: rsaKey })).algorithm).toBe('RS256');
    expect((await createSigner({ key: rsaKey, algorithm: 'PS256' })).algorithm).toBe('PS256');
  });

  it('R4: uses the RFC 7638 thumbprint as the key id unless one is configured', async () => {
    const key = ec('P-256');
    const jwk = createPublicKey(key).export({ format: 'jwk' });
    expect((await createSigner({ key })).keyId).toBe(await calculateJwkThumbprint(jwk as JWK));
    expect((await createSigner({ key, keyId: 'mine' })).keyId).toBe('mine');
    expect((await createSigner({ key: { ...key.export({ format: 'jwk' }), kid: 'own' } })).keyId).toBe('own');
  });

  it('reads the same key from every usual PEM form, JWK as object and as text, and KeyObject', async () => {
    const key = ec('P-256');
    const jwk = key.export({ format: 'jwk' });
    const sec1 = key.export({ type: 'sec1', format: 'pem' }).toString();
    // As `openssl ecparam -genkey` writes it.
    const withCurve = `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${sec1}`;
    const forms = [key, pem(key), sec1, withCurve, jwk, JSON.stringify(jwk)];
    const ids = await Promise.all(forms.map(async (form) => (await createSigner({ key: form })).keyId));
    expect(new Set(ids).size).toBe(1);
  });

  it.each(['HS256', 'HS384', 'HS512', 'none', 'es256', 'RS512', 'ES256K', '', 'constructor'])(
    'R5: refuses the algorithm %j',
    async (algorithm) => {
      expect(await refusal({ key: ec('P-256'), algorithm })).toContain('configuration_invalid');
    },
  );

  it('R5: refuses symmetric keys in every form', async () => {
    const secret = { kty: 'oct', k: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' };
    expect(await refusal({ key: secret })).toContain('symmetric keys');
    expect(await refusal({ key: 'a shared secret' })).toContain('not an unencrypted PEM private key');
    expect(await refusal({ key: { ...secret, alg: 'HS256' } })).toContain('symmetric keys');
  });

  it("R6: refuses weak keys, and keys on another curve than the algorithm's", async () => {
    expect(await refusal({ key: rsa(1024) })).toContain('at least 2048 bits');
    expect(await refusal({ key: rsa(2048, 3) })).toContain('exponent');
    expect(await refusal({ key: ec('P-256'), algorithm: 'ES384' })).toContain('curve');
    expect(await refusal({ key: ec('P-256'), algorithm: 'EdDSA' })).toContain('needs a key of type ed25519');
    expect(await refusal({ key: ec('secp256k1'), algorithm: 'ES256' })).toContain('curve');
    expect(await refusal({ key: generateKeyPairSync('ed448').privateKey })).toContain('configuration_invalid');
  });

  it('R6: refuses a public key, and a pair whose halves do not match', async () => {
    const key = ec('P-256');
    expect(await refusal({ key: createPublicKey(key) })).toContain('give a private key');
    expect(await refusal({ key: createPublicKey(key).export({ format: 'jwk' }) })).toContain('no private part');
    const publicPem = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
    expect(await refusal({ key: publicPem })).toContain('is a public key; give a private key');
    const mixed = { ...key.export({ format: 'jwk' }), d: ec('P-256').export({ format: 'jwk' }).d };
    expect(await refusal({ key: mixed })).toContain('configuration_invalid');
  });

  it('R6: refuses an algorithm that differs from the JWK’s own', async () => {
    const jwk = { ...rsa(2048).export({ format: 'jwk' }), alg: 'RS256' };
    expect(await refusal({ key: jwk, algorithm: 'PS256' })).toContain('differs');
  });

  it('R69: refuses a key id that does not fit in a header', async () => {
    for (const keyId of ['', 'a b', 'a\n', 'k'.repeat(129)]) {
      expect(await refusal({ key: ec('P-256'), keyId })).toContain('keyId');
    }
  });

  it('R101, R102: publishes kid, alg, use and the public members only', async () => {
    for (const key of [ec('P-256'), generateKeyPairSync('ed25519').privateKey, rsa(2048)]) {
      const { publicJwk, keyId, algorithm } = await createSigner({ key });
      expect(publicJwk).toMatchObject({ kid: keyId, alg: algorithm, use: 'sig' });
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(publicJwk).not.toHaveProperty(secret);
    }
  });

  it('R111: neither the signer nor a refusal reveals the private key', async () => {
    const key = ec('P-256');
    const { d = '' } = key.export({ format: 'jwk' });
    const signer = await createSigner({ key });
    expect(inspect(signer, { depth: 20, showHidden: true })).not.toContain(d);
    expect(JSON.stringify(signer)).not.toContain(d);
    const body = pem(key).replace('-----BEGIN PRIVATE KEY-----\n', '-----BEGIN PRIVATE KEY-----\n!');
    const error: unknown = await createSigner({ key: body }).catch((reason: unknown) => reason);
    expect(inspect(error, { depth: 20 })).not.toContain(body.slice(40, 80));
  });
});
