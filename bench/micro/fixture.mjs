import { generateKeyPairSync } from 'node:crypto';
import { importSource } from '../../scripts/lib/typescript-imports.mjs';

export const core = await importSource('libs/internal-token/src/core/index.ts');

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export { privateKey, publicKey };

/** A typical token: ten permissions, a tenant, an address; about 1 KB. */
export const input = () => ({
  tokenId: core.newTransactionId(),
  userId: 'auth0|user-7f3a9c21',
  tenantId: 'acme',
  permissions: ['read', 'write', 'list', 'cancel', 'pay'].flatMap((verb) => [`orders:${verb}`, `invoices:${verb}`]),
  scope: 'orders.write inventory.read',
  authenticated: true,
  requestContext: { req_ip: '203.0.113.7', authn: 'pwd otp' },
});

const signer = await core.createSigner({ key: privateKey });
const names = { trustDomain: 'shop.example.com', issuer: 'api_gateway' };
export const minter = new core.TokenMinter({ ...names, workload: 'gateway', signer, lifetimeSeconds: 300 });

/** @param {object} options of InternalTokenVerifier */
export async function newVerifier(options = {}) {
  const keys = new core.KeyStore({ source: core.staticSource({ keys: [signer.publicJwk] }) });
  await keys.start();
  return new core.InternalTokenVerifier({ ...names, keys, ...options });
}

/** This many different signed tokens. */
export const newTokens = (count) => Array.from({ length: count }, () => core.encodedToken(minter.mint(input())));

/** A new string object with the same text, as read from a socket: nothing about it is cached yet. */
export const fresh = (text) => Buffer.from(text, 'latin1').toString('latin1');
