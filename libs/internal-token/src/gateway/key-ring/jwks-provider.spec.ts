import type { JsonWebKey } from 'node:crypto';
import { generateSigningKey } from './key-generator.js';
import { jwksProvider } from './jwks-provider.js';
import { KeyRing } from './key-ring.js';
import { publicMembers } from './key-ring-snapshot.js';

describe('A key ring from the configuration', () => {
  let a: JsonWebKey;
  let b: JsonWebKey;
  beforeAll(async () => ([a, b] = [await generateSigningKey({}), await generateSigningKey({ algorithm: 'EdDSA' })]));

  const states = async (...keys: JsonWebKey[]) => {
    const ring = await KeyRing.open({ keys: JSON.stringify({ keys }) });
    return ring.keys.map(({ keyId, state }) => [keyId, state]);
  };

  it('R109: signs with the first key and publishes the others', async () => {
    expect(await states(a, b)).toEqual([
      [a['kid'], 'active'],
      [b['kid'], 'published'],
    ]);
  });

  it('reads states, and accepts a public JWK for a key that no longer signs', async () => {
    const old = { ...publicMembers(a)[0], state: 'retiring' } as JsonWebKey;
    expect(await states(old, { ...b, state: 'active' })).toEqual([
      [b['kid'], 'active'],
      [a['kid'], 'retiring'],
    ]);
  });

  it.each([
    ['a text that is not JSON', () => 'secret{', 'not JSON'],
    ['no keys', () => ({ keys: [] }), 'at least one'],
    ['an unknown state', () => ({ keys: [{ ...a, state: 'ready' }] }), 'published, active'],
    ['a first key without private part', () => ({ keys: publicMembers(a) }), 'no private part'],
    ['R5: a shared secret', () => ({ keys: [{ kty: 'oct', k: 'secret' }] }), 'symmetric'],
    [
      'two active keys',
      () => ({
        keys: [
          { ...a, state: 'active' },
          { ...b, state: 'active' },
        ],
      }),
      'more than one',
    ],
  ])('R111: refuses to start with %s, without quoting the configuration', async (_name, given, said) => {
    const error = await KeyRing.open({ keys: given() as never }).catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({ code: 'configuration_invalid', message: expect.stringContaining(said) as string });
    expect(String((error as Error).stack)).not.toMatch(/secret["{]/);
    expect(String((error as Error).stack)).not.toContain(a.d);
  });

  it('never changes, and is not polled', async () => {
    expect((await jwksProvider({ keys: [a] })).pollSeconds).toBe(0);
  });
});
