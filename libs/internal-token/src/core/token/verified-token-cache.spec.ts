import { generateKeyPairSync } from 'node:crypto';
import { jest } from '@jest/globals';
import { type JsonWebKeySet, KeyStore } from '../keys/index.js';
import { TokenMinter } from './minter.js';
import { createSigner, type Signer } from './signer.js';
import { newTransactionId } from './transaction-id.js';
import { encodedToken } from './verified-claims.js';
import { InternalTokenVerifier } from './internal-token-verifier.js';
import type { VerifierOptions } from './verifier.options.js';

const newSigner = (keyId: string) =>
  createSigner({ key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, keyId });

describe('The cache of verified tokens', () => {
  let signer: Signer;
  let set: JsonWebKeySet;
  let keys: KeyStore;
  let nowMs: number;
  const now = () => nowMs;
  const mint = (by = signer) =>
    encodedToken(
      new TokenMinter({ trustDomain: 'shop', issuer: 'api_gateway', workload: 'gateway', signer: by, now }).mint({
        tokenId: newTransactionId(),
        userId: 'user-7',
        permissions: ['orders:read'],
        scope: 'orders.read',
        authenticated: true,
      }),
    ) as string;
  const verifierWith = (options: Partial<VerifierOptions> = {}) =>
    new InternalTokenVerifier({ trustDomain: 'shop', issuer: 'api_gateway', keys, now, ...options });

  beforeAll(async () => {
    signer = await newSigner('a');
  });
  beforeEach(async () => {
    nowMs = Date.UTC(2026, 0, 1);
    set = { keys: [signer.publicJwk] };
    keys = new KeyStore({ source: { description: 'test', load: async () => set } });
    await keys.start();
  });
  afterEach(() => keys.close());

  it('returns the same frozen claims for the same token, and counts the hit', () => {
    const verifier = verifierWith();
    const token = mint();
    const claims = verifier.verify(token);
    expect(verifier.verify(Buffer.from(token).toString())).toBe(claims);
    expect([verifier.verified, verifier.remembered]).toEqual([2, 1]);
    expect(encodedToken(verifier.verify(token) as never)).toBe(token);
  });

  it('checks the signature of a repeated token only once', () => {
    const verifier = verifierWith();
    const key = keys.find('a');
    const check = jest.spyOn(key as NonNullable<typeof key>, 'verify');
    const token = mint();
    for (let i = 0; i < 5; i += 1) void verifier.verify(token);
    expect(check).toHaveBeenCalledTimes(1);
  });

  it('can be turned off', () => {
    const verifier = verifierWith({ tokenCache: false });
    const token = mint();
    expect(verifier.verify(token)).not.toBe(verifier.verify(token));
    expect(verifier.remembered).toBe(0);
  });

  it('is limited in size and forgets the least recently used token', () => {
    const verifier = verifierWith({ tokenCache: { maxEntries: 2 } });
    const [first, second, third] = [mint(), mint(), mint()];
    for (const token of [first, second, first, third]) void verifier.verify(token);
    expect(verifier.remembered).toBe(1);
    void verifier.verify(first);
    expect(verifier.remembered).toBe(2);
    void verifier.verify(second);
    expect(verifier.remembered).toBe(2);
  });

  it.each([0, -1, 1.5, 1_000_001, '10'])('refuses maxEntries %j at start', (maxEntries) => {
    expect(() => verifierWith({ tokenCache: { maxEntries: maxEntries as number } })).toThrow(/tokenCache\.maxEntries/);
  });

  it('R63: forgets a token when it expires, to the second of the leeway', () => {
    const verifier = verifierWith();
    const token = mint();
    void verifier.verify(token);
    nowMs += 64_999;
    void verifier.verify(token);
    expect(verifier.remembered).toBe(1);
    nowMs += 1;
    expect(() => verifier.verify(token)).toThrow(expect.objectContaining({ code: 'txn_expired' }));
  });

  it('R76: refuses a remembered token as not yet valid after the clock is set back', () => {
    const verifier = verifierWith();
    const token = mint();
    void verifier.verify(token);
    nowMs -= 5000;
    void verifier.verify(token);
    expect(verifier.remembered).toBe(1);
    nowMs -= 1000;
    expect(() => verifier.verify(token)).toThrow(expect.objectContaining({ code: 'txn_not_yet_valid' }));
  });

  it('R108: forgets a token when its key is withdrawn or replaced under the same id', async () => {
    const verifier = verifierWith();
    const token = mint();
    for (const withdrawn of [await newSigner('b'), await newSigner('a')]) {
      void verifier.verify(token);
      set = { keys: [withdrawn.publicJwk] };
      await keys.reload();
      await expect((async () => verifier.verify(token))()).rejects.toMatchObject({
        code: expect.stringMatching(/^txn_(key_unknown|signature)$/),
      });
      set = { keys: [signer.publicJwk] };
      await keys.reload();
    }
  });

  it('R108: keeps a token through refreshes that leave its key unchanged', async () => {
    const verifier = verifierWith();
    const token = mint();
    void verifier.verify(token);
    set = { keys: [(await newSigner('b')).publicJwk, { ...signer.publicJwk }] };
    await keys.reload();
    void verifier.verify(token);
    expect(verifier.remembered).toBe(1);
  });
});
