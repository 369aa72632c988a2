import { generateKeyPairSync } from 'node:crypto';
import { type JsonWebKeySet, KeyStore, type KeySource } from '../keys/index.js';
import { TokenMinter } from './minter.js';
import { createSigner, type Signer } from './signer.js';
import { newTransactionId } from './transaction-id.js';
import { encodedToken, isVerified, keyIdOf } from './verified-claims.js';
import { InternalTokenVerifier } from './internal-token-verifier.js';
import type { VerifierOptions } from './verifier.options.js';

const newSigner = () => createSigner({ key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey });
const mint = (signer: Signer) =>
  encodedToken(
    new TokenMinter({ trustDomain: 'shop', issuer: 'api_gateway', workload: 'gateway', signer }).mint({
      tokenId: newTransactionId(),
      userId: 'user-7',
      permissions: [],
      scope: 'orders.read',
      authenticated: true,
    }),
  ) as string;

/** A key source whose content the test decides, and that counts. */
class Shelf implements KeySource {
  readonly description = 'shelf';
  loads = 0;
  set: JsonWebKeySet;
  constructor(...signers: Signer[]) {
    this.set = { keys: signers.map(({ publicJwk }) => publicJwk) };
  }
  async load(): Promise<JsonWebKeySet> {
    this.loads += 1;
    return this.set;
  }
}

async function verifierOn(source: KeySource, options: Partial<VerifierOptions> = {}): Promise<InternalTokenVerifier> {
  const keys = new KeyStore({ source });
  await keys.start();
  return new InternalTokenVerifier({ trustDomain: 'shop', issuer: 'api_gateway', keys, ...options });
}

describe('InternalTokenVerifier', () => {
  it('R61, R69: returns registered, frozen claims synchronously, and the unchanged token for them', async () => {
    const signer = await newSigner();
    const verifier = await verifierOn(new Shelf(signer));
    const token = mint(signer);
    const claims = await verifier.verify(token);
    expect(verifier.verify(token)).not.toBeInstanceOf(Promise);
    expect(isVerified(claims)).toBe(true);
    expect(Object.isFrozen(claims)).toBe(true);
    expect(encodedToken(claims)).toBe(token);
    expect(keyIdOf(claims)).toBe(signer.keyId);
    expect(verifier.verified).toBe(2);
  });

  it('R88: refuses every token with 503 until keys are loaded', async () => {
    const signer = await newSigner();
    const keys = new KeyStore({ source: new Shelf(signer) });
    const verifier = new InternalTokenVerifier({ trustDomain: 'shop', issuer: 'api_gateway', keys });
    const notReady = expect.objectContaining({ code: 'txn_keys_not_ready', status: 503 });
    expect(() => verifier.verify(mint(signer))).toThrow(notReady);
    expect(() => verifier.verify('anything')).toThrow(notReady);
    await keys.start();
    expect(verifier.verify(mint(signer))).toMatchObject({ userId: 'user-7' });
  });

  it('R69, R104b: unknown key ids share one refresh, and a key published in the meantime is found', async () => {
    const [old, fresh] = [await newSigner(), await newSigner()];
    const shelf = new Shelf(old);
    const verifier = await verifierOn(shelf);
    shelf.set = new Shelf(old, fresh).set;
    const answers = await Promise.all([verifier.verify(mint(fresh)), verifier.verify(mint(fresh))]);
    expect(answers).toMatchObject([{ userId: 'user-7' }, { userId: 'user-7' }]);
    expect(shelf.loads).toBe(2);
    expect(verifier.verify(mint(fresh))).not.toBeInstanceOf(Promise);
  });

  it('R66: a bad algorithm or a malformed token never causes a refresh', async () => {
    const shelf = new Shelf(await newSigner());
    const verifier = await verifierOn(shelf, { algorithms: ['EdDSA'] });
    const token = mint(await newSigner());
    expect(() => verifier.verify(token)).toThrow(expect.objectContaining({ code: 'txn_alg' }));
    expect(() => verifier.verify(`${token}=`)).toThrow(expect.objectContaining({ code: 'txn_malformed' }));
    expect(shelf.loads).toBe(1);
  });

  it('R62, R68: accepts only the configured trust domain and issuer', async () => {
    const signer = await newSigner();
    const shelf = new Shelf(signer);
    const elsewhere = await verifierOn(shelf, { trustDomain: 'other' });
    expect(() => elsewhere.verify(mint(signer))).toThrow(expect.objectContaining({ code: 'txn_audience' }));
    const stranger = await verifierOn(shelf, { issuer: 'other' });
    expect(() => stranger.verify(mint(signer))).toThrow(expect.objectContaining({ code: 'txn_issuer' }));
  });

  it.each<[string, object]>([
    ['trustDomain', { trustDomain: '' }],
    ['trustDomain', { trustDomain: undefined }],
    ['trustDomain', { trustDomain: 'a\r\nb' }],
    ['issuer', { issuer: '' }],
    ['algorithms', { algorithms: [] }],
    ['algorithms', { algorithms: ['HS256'] }],
    ['algorithms', { algorithms: ['ES256', 'none'] }],
    ['leewaySeconds', { leewaySeconds: 61 }],
    ['leewaySeconds', { leewaySeconds: -1 }],
    ['maxLifetimeSeconds', { maxLifetimeSeconds: 301 }],
    ['maxLifetimeSeconds', { maxLifetimeSeconds: 0 }],
  ])('R5, R64, R153: refuses a wrong %s at start: %j', async (name, options) => {
    await expect(verifierOn(new Shelf(await newSigner()), options as Partial<VerifierOptions>)).rejects.toMatchObject({
      code: 'configuration_invalid',
      message: expect.stringContaining(name),
    });
  });

  it('R115: a refusal contains no part of the token', async () => {
    const verifier = await verifierOn(new Shelf(await newSigner()));
    const token = mint(await newSigner());
    const errors = [token, `${token}=`, `Bearer ${token}`].map(async (raw) => verifier.verify(raw));
    for (const result of await Promise.allSettled(errors)) {
      const text =
        result.status === 'rejected' ? `${String(result.reason)}${JSON.stringify(result.reason)}` : 'accepted';
      expect(text).toContain('txn_');
      for (const part of token.split('.')) expect(text).not.toContain(part);
    }
  });
});
