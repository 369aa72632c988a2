import fc from 'fast-check';
import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { createSigner } from '../token/signer.js';
import { validateKeySet } from './validate-key-set.js';
import type { JsonWebKeySet } from './key-source.js';
import { parseKeySet } from './key-set.js';

const json = fc.jsonValue({ maxDepth: 4 });
const MEMBERS = ['kty', 'crv', 'x', 'y', 'n', 'e', 'd', 'k', 'kid', 'alg', 'use', 'key_ops', 'ext', '__proto__'];

const numbersOf = ({ kty, crv, x, y, n, e }: JsonWebKey): unknown =>
  JSON.parse(JSON.stringify({ kty, crv, x, y, n, e }));

describe('Arbitrary answers of a key source', () => {
  it('R106: an arbitrary text is either read as a key set or refused with a message', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          json.map((value) => JSON.stringify(value)),
        ),
        (text) => {
          let set: JsonWebKeySet;
          try {
            set = parseKeySet(text);
          } catch (error) {
            expect((error as Error).message).toMatch(/not JSON|not a key set/);
            return;
          }
          expect(Array.isArray(set.keys)).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('R106: an arbitrary list of values neither makes a key nor throws anything unexpected', () => {
    fc.assert(
      fc.property(fc.array(json, { maxLength: 64 }), (keys) => {
        const { admitted, refused } = validateKeySet({ keys: keys as JsonWebKey[] });
        expect([admitted.size, refused.length]).toEqual([0, keys.length]);
      }),
      { numRuns: 500 },
    );
  });

  it('R106: a key in plain base64 instead of base64url is refused, so that each key has one spelling', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const { publicJwk } = await createSigner({ key: privateKey, keyId: 'rsa' });
    expect(validateKeySet({ keys: [publicJwk] }).admitted.size).toBe(1);
    for (const e of ['AQ/3', 'AQAB=', 'AQ AB']) {
      expect(validateKeySet({ keys: [{ ...publicJwk, e }] }).refused).toMatchObject([
        { reason: 'its e is not base64url' },
      ]);
    }
  });

  it.each([
    ['EC', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['OKP', () => generateKeyPairSync('ed25519')],
    ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ])(
    'R106: %s: a valid key stays valid beside a tampered copy, which is either the same key or refused',
    async (_kty, make) => {
      const signer = await createSigner({ key: make().privateKey, keyId: 'good' });
      const other = (await createSigner({ key: make().privateKey, keyId: 'other' })).publicJwk;
      fc.assert(
        fc.property(fc.constantFrom(...MEMBERS), json, (name, value) => {
          const tampered = Object.fromEntries([...Object.entries(other), [name, value]]) as JsonWebKey;
          fc.pre(tampered['kid'] !== 'good');
          const { admitted } = validateKeySet({ keys: [tampered, signer.publicJwk] });
          expect(admitted.get('good')?.publicKey.export({ format: 'jwk' })).toMatchObject({
            kty: signer.publicJwk.kty,
          });
          for (const [keyId, { algorithm, publicKey }] of admitted) {
            if (keyId === 'good') continue;
            expect([other.alg, tampered['alg']]).toContain(algorithm);
            // Another exponent or modulus makes another well-formed RSA key, to which nobody has the private key.
            if (other.kty === 'RSA' && (name === 'e' || name === 'n')) continue;
            expect(publicKey.export({ format: 'jwk' })).toEqual(numbersOf(other));
          }
        }),
        { numRuns: 300 },
      );
    },
  );
});
