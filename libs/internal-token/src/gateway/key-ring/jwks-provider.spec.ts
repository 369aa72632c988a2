import type { JsonWebKey } from 'node:crypto';
import { generateSigningKey } from './key-generator.js';
import { jwksProvider } from './jwks-provider.js';
import { KeyRing } from './key-ring.js';
import { publicMembers } from './key-ring-snapshot.js';

describe('A ring from the configuration', () => {
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

  it('takes states, and the public half alone of a key that signs no more', async () => {
    const old = { ...publicMembers(a)[0], state: 'retiring' } as JsonWebKey;
    expect(await states(old, { ...b, state: 'active' })).toEqual([
      [b['kid'], 'active'],
      [a['kid'], 'retiring'],
    ]);
  });

  it.each([
    ['no JSON', () => 'secret{', 'not JSON'],
    ['no key', () => ({ keys: [] }), 'at least one'],
    ['another state', () => ({ keys: [{ ...a, state: 'ready' }] }), 'published, active'],
    ['a first key without private half', () => ({ keys: publicMembers(a) }), 'no private part'],
    ['R5: a shared secret', () => ({ keys: [{ kty: 'oct', k: 'secret' }] }), 'symmetric'],
    [
      'two active ones',
      () => ({
        keys: [
          { ...a, state: 'active' },
          { ...b, state: 'active' },
        ],
      }),
      'more than one',
    ],
  ])('R111: stops the start without quoting itself: %s', async (_name, given, said) => {
    const error = await KeyRing.open({ keys: given() as never }).catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({ code: 'configuration_invalid', message: expect.stringContaining(said) as string });
    expect(String((error as Error).stack)).not.toMatch(/secret["{]/);
    expect(String((error as Error).stack)).not.toContain(a.d);
  });

  it('never changes, and is not looked at again', async () => {
    expect((await jwksProvider({ keys: [a] })).pollSeconds).toBe(0);
  });
});
