import { calculateJwkThumbprint, type JWK } from 'jose';
import { createSigner } from '../../core/index.js';
import { generateSigningKey } from './key-generator.js';

describe('A generated key', () => {
  it.each(['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256', 'PS256'] as const)(
    'R102: a key for %s has its thumbprint as kid, its alg and its use, and signs',
    async (algorithm) => {
      const jwk = await generateSigningKey({
        algorithm,
        ...(/^.S256$/.test(algorithm) && algorithm !== 'ES256' && { modulusBits: 2048 }),
      });
      expect(jwk).toMatchObject({ alg: algorithm, use: 'sig', kid: await calculateJwkThumbprint(jwk as JWK) });
      expect((await createSigner({ key: jwk })).algorithm).toBe(algorithm);
    },
  );

  it.each([
    ['R5: HS256', { algorithm: 'HS256' }, 'symmetric'],
    ['R5: none', { algorithm: 'none' }, 'no signature'],
    ['R5: RS384', { algorithm: 'RS384' }, 'ES256'],
    ['R6: a weak RSA key', { algorithm: 'RS256', modulusBits: 1024 }, '1024'],
    ['R6: a fractional number of bits', { algorithm: 'RS256', modulusBits: 2048.5 }, '2048.5'],
    ['a modulus for a key on a curve', { modulusBits: 4096 }, 'modulus'],
  ])('refuses to generate a key: %s', async (_name, parameters, said) => {
    await expect(generateSigningKey(parameters as never)).rejects.toMatchObject({
      code: 'configuration_invalid',
      message: expect.stringContaining(said) as string,
    });
  });
});
