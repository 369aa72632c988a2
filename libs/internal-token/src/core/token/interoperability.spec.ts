import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify, SignJWT } from 'jose';
import type { SigningAlgorithm } from '../keys/algorithms.js';
import { KeyStore, staticSource } from '../keys/index.js';
import { TokenMinter } from './minter.js';
import { createSigner } from './signer.js';
import { newTransactionId } from './transaction-id.js';
import { encodedToken } from './verified-claims.js';
import { InternalTokenVerifier } from './internal-token-verifier.js';

const rsaKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const KEYS: [SigningAlgorithm, KeyObject][] = [
  ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey],
  ['ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey],
  ['ES512', generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey],
  ['EdDSA', generateKeyPairSync('ed25519').privateKey],
  ['RS256', rsaKey],
  ['PS256', rsaKey],
];

describe.each(KEYS)('Interoperability with jose: %s', (algorithm, key) => {
  it('jose verifies our tokens with our published key set', async () => {
    const signer = await createSigner({ key, algorithm });
    const minter = new TokenMinter({ trustDomain: 'shop', issuer: 'api_gateway', workload: 'gateway', signer });
    const keySet = createLocalJWKSet({ keys: [signer.publicJwk] } as JSONWebKeySet);
    for (let i = 0; i < 20; i += 1) {
      const claims = minter.mint({
        tokenId: newTransactionId(),
        userId: 'us\u00e9r',
        permissions: ['a'],
        scope: 'orders.read',
        authenticated: true,
      });
      const { payload, protectedHeader } = await jwtVerify(await encodedToken(claims), keySet, {
        issuer: 'api_gateway',
        audience: 'shop',
        typ: 'txntoken+jwt',
        algorithms: [algorithm],
      });
      expect(payload).toMatchObject({ sub: 'us\u00e9r', txn: claims.tokenId });
      expect(protectedHeader.kid).toBe(signer.keyId);
    }
  });

  it('we verify tokens that jose has signed', async () => {
    const { publicJwk } = await createSigner({ key, algorithm, keyId: 'k1' });
    const keys = new KeyStore({ source: staticSource({ keys: [publicJwk] }) });
    await keys.start();
    const verifier = new InternalTokenVerifier({
      trustDomain: 'shop',
      issuer: 'api_gateway',
      algorithms: [algorithm],
      keys,
    });
    const joseKey = createPrivateKey({ key: key.export({ format: 'jwk' }), format: 'jwk' });
    for (let i = 0; i < 20; i += 1) {
      const token = await new SignJWT({ txn: newTransactionId(), scope: 'orders.read', req_wl: 'gateway', i })
        .setProtectedHeader({ alg: algorithm, typ: 'txntoken+jwt', kid: 'k1' })
        .setIssuer('api_gateway')
        .setAudience('shop')
        .setSubject('user-7')
        .setIssuedAt()
        .setExpirationTime('1m')
        .sign(joseKey);
      expect(verifier.verify(token)).toMatchObject({ userId: 'user-7', permissions: [], authenticated: false });
    }
  });
});
