import { createSigner, type Signer } from '../../core/index.js';
import { generateSigningKey } from './key-generator.js';
import { keysAt, snapshotOf } from './key-ring-snapshot.js';
import type { SigningKey } from './signing-key-provider.js';

const signerOf = async (): Promise<Signer> => createSigner({ key: await generateSigningKey({}) });

describe('The keys of a ring at a moment', () => {
  let a: Signer;
  let b: Signer;
  let c: Signer;
  beforeAll(async () => ([a, b, c] = [await signerOf(), await signerOf(), await signerOf()]));

  const states = (keys: SigningKey[], now: number) => keysAt(keys, now).map(({ keyId, state }) => [keyId, state]);

  it('change over when the time of a planned key has come, at no other time', () => {
    const keys: SigningKey[] = [
      { key: a, state: 'published', publishedAt: 0, activateAt: 0 },
      { key: b, state: 'published', publishedAt: 10, activateAt: 100 },
    ];
    const before = snapshotOf(keys, 99);
    expect([before.active.keyId, before.validUntil]).toEqual([a.keyId, 100]);
    expect(states(keys, 99)).toEqual([
      [a.keyId, 'active'],
      [b.keyId, 'published'],
    ]);
    const after = snapshotOf(keys, 100);
    expect([after.active.keyId, after.validUntil]).toEqual([b.keyId, Infinity]);
    expect(states(keys, 100)).toEqual([
      [b.keyId, 'active'],
      [a.keyId, 'retiring'],
    ]);
  });

  it('R48: of two planned for one moment every replica takes the same one', () => {
    const keys: SigningKey[] = [
      { key: a, state: 'published', activateAt: 5 },
      { key: b, state: 'published', activateAt: 5 },
    ];
    expect(snapshotOf(keys, 5).active.keyId).toBe(snapshotOf(keys.toReversed(), 5).active.keyId);
  });

  it('have an active one even where the clock that planned it is ahead', () => {
    const keys: SigningKey[] = [
      { key: a, state: 'retired', activateAt: 1, retiredAt: 50 },
      { key: b, state: 'published', activateAt: 60 },
      { key: c, state: 'published' },
    ];
    expect(snapshotOf(keys, 55).active.keyId).toBe(b.keyId);
  });

  it('R101: are published with their public members, whatever a provider put beside them; retired ones not at all', () => {
    const publicJwk = { ...a.publicJwk, d: 'secret', k: 'secret', state: 'active', x5c: ['certificate'] };
    const keys: SigningKey[] = [
      { key: { ...a, publicJwk }, state: 'active' },
      { key: { publicJwk: b.publicJwk }, state: 'retiring' },
      { key: { publicJwk: c.publicJwk }, state: 'retired' },
    ];
    expect(snapshotOf(keys, 0).published.keys).toEqual([a.publicJwk, b.publicJwk]);
  });

  it.each([
    ['no key', () => [], 'none of its 0 keys is active'],
    ['no active one', () => [{ key: a, state: 'published' }], 'none of its 1 keys is active'],
    [
      'two active ones',
      () => [
        { key: a, state: 'active' },
        { key: b, state: 'active' },
      ],
      'more than one',
    ],
    [
      'two of one kid',
      () => [
        { key: a, state: 'active' },
        { key: { ...b, publicJwk: { ...b.publicJwk, kid: a.keyId } }, state: 'published' },
      ],
      'same kid',
    ],
    ['an active one without private half', () => [{ key: { publicJwk: a.publicJwk }, state: 'active' }], 'public half'],
    [
      'a planned one without private half',
      () => [
        { key: a, state: 'active' },
        { key: { publicJwk: b.publicJwk }, state: 'published', activateAt: 9 },
      ],
      'public half',
    ],
    [
      'R6: one that verifiers refuse',
      () => [
        { key: a, state: 'active' },
        { key: { publicJwk: { ...b.publicJwk, x: 'AA' } }, state: 'published' },
      ],
      'would refuse',
    ],
  ] as [string, () => SigningKey[], string][])('are refused: %s', (_name, keys, said) => {
    expect(() => snapshotOf(keys(), 0)).toThrow(said);
  });

  it('are refused for another algorithm than the one in use', () => {
    expect(() => snapshotOf([{ key: a, state: 'active' }], 0, 'EdDSA')).toThrow('verifiers here accept EdDSA alone');
  });
});
