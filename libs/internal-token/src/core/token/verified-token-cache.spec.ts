import { generateKeyPairSync } from 'node:crypto';
import { jest } from '@jest/globals';
import { type JsonWebKeySet, KeyStore } from '../keys/index.js';
import { TokenMinter } from './minter.js';
import { createSigner, type Signer } from './signer.js';
import { newTransactionId } from './transaction-id.js';
import { encodedToken } from './verified-claims.js';
import { InternalTokenVerifier, type VerifierOptions } from './internal-token-verifier.js';

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

  it('gives the same frozen claims for the same text, and counts it', () => {
    const verifier = verifierWith();
    const token = mint();
    const claims = verifier.verify(token);
    expect(verifier.verify(Buffer.from(token).toString())).toBe(claims);
    expect([verifier.verified, verifier.remembered]).toEqual([2, 1]);
    expect(encodedToken(verifier.verify(token) as never)).toBe(token);
  });

  it('spares the signature check: the key is asked once', () => {
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

  it('keeps at most so many, and forgets the one not used for longest', () => {
    const verifier = verifierWith({ tokenCache: { maxEntries: 2 } });
    const [first, second, third] = [mint(), mint(), mint()];
    for (const token of [first, second, first, third]) void verifier.verify(token);
    expect(verifier.remembered).toBe(1);
    void verifier.verify(first);
    expect(verifier.remembered).toBe(2);
    void verifier.verify(second);
    expect(verifier.remembered).toBe(2);
  });

  it.each([0, -1, 1.5, 1_000_001, '10'])('maxEntries %j stops the start', (maxEntries) => {
    expect(() => verifierWith({ tokenCache: { maxEntries: maxEntries as number } })).toThrow(/tokenCache\.maxEntries/);
  });

  it('R63: an entry ends with its token, to the second of the leeway', () => {
    const verifier = verifierWith();
    const token = mint();
    void verifier.verify(token);
    nowMs += 64_999;
    void verifier.verify(token);
    expect(verifier.remembered).toBe(1);
    nowMs += 1;
    expect(() => verifier.verify(token)).toThrow(expect.objectContaining({ code: 'txn_expired' }));
  });

  it('R76: a clock that is set back makes a remembered token early again', () => {
    const verifier = verifierWith();
    const token = mint();
    void verifier.verify(token);
    nowMs -= 5000;
    void verifier.verify(token);
    expect(verifier.remembered).toBe(1);
    nowMs -= 1000;
    expect(() => verifier.verify(token)).toThrow(expect.objectContaining({ code: 'txn_not_yet_valid' }));
  });

  it('R108: an entry ends when its key leaves the set, or is replaced under the same id', async () => {
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

  it('R108: an entry lives on through refreshes that leave its key as it is', async () => {
    const verifier = verifierWith();
    const token = mint();
    void verifier.verify(token);
    set = { keys: [(await newSigner('b')).publicJwk, { ...signer.publicJwk }] };
    await keys.reload();
    void verifier.verify(token);
    expect(verifier.remembered).toBe(1);
  });
});
