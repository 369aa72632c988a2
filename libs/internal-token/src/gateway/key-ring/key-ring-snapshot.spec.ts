import { createSigner, type Signer } from '../../core/index.js';
import { generateSigningKey } from './key-generator.js';
import { keysAt, snapshotOf } from './key-ring-snapshot.js';
import type { SigningKey } from './signing-key-provider.js';

const signerOf = async (): Promise<Signer> => createSigner({ key: await generateSigningKey({}) });

describe('The keys of a ring at a given time', () => {
  let a: Signer;
  let b: Signer;
  let c: Signer;
  beforeAll(async () => ([a, b, c] = [await signerOf(), await signerOf(), await signerOf()]));

  const states = (keys: SigningKey[], now: number) => keysAt(keys, now).map(({ keyId, state }) => [keyId, state]);

  it('a planned key becomes active when its time has come, and at no other time', () => {
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

  it('R48: every replica activates the same one of two keys planned for the same time', () => {
    const keys: SigningKey[] = [
      { key: a, state: 'published', activateAt: 5 },
      { key: b, state: 'published', activateAt: 5 },
    ];
    expect(snapshotOf(keys, 5).active.keyId).toBe(snapshotOf(keys.toReversed(), 5).active.keyId);
  });

  it('a planned key is active early if there is no other, since the clock that planned it may be ahead', () => {
    const keys: SigningKey[] = [
      { key: a, state: 'retired', activateAt: 1, retiredAt: 50 },
      { key: b, state: 'published', activateAt: 60 },
      { key: c, state: 'published' },
    ];
    expect(snapshotOf(keys, 55).active.keyId).toBe(b.keyId);
  });

  it('R101: only public members are published, whatever a provider adds, and no retired keys', () => {
    const publicJwk = { ...a.publicJwk, d: 'secret', k: 'secret', state: 'active', x5c: ['certificate'] };
    const keys: SigningKey[] = [
      { key: { ...a, publicJwk }, state: 'active' },
      { key: { publicJwk: b.publicJwk }, state: 'retiring' },
      { key: { publicJwk: c.publicJwk }, state: 'retired' },
    ];
    expect(snapshotOf(keys, 0).published.keys).toEqual([a.publicJwk, b.publicJwk]);
  });

  it.each([
    ['no keys', () => [], 'none of its 0 keys is active'],
    ['no active key', () => [{ key: a, state: 'published' }], 'none of its 1 keys is active'],
    [
      'two active keys',
      () => [
        { key: a, state: 'active' },
        { key: b, state: 'active' },
      ],
      'more than one',
    ],
    [
      'two keys with the same kid',
      () => [
        { key: a, state: 'active' },
        { key: { ...b, publicJwk: { ...b.publicJwk, kid: a.keyId } }, state: 'published' },
      ],
      'same kid',
    ],
    [
      'an active key without private part',
      () => [{ key: { publicJwk: a.publicJwk }, state: 'active' }],
      'private part of the active key',
    ],
    [
      'a planned key without private part',
      () => [
        { key: a, state: 'active' },
        { key: { publicJwk: b.publicJwk }, state: 'published', activateAt: 9 },
      ],
      'private part of the planned key',
    ],
    [
      'a key that verifiers refuse (R6)',
      () => [
        { key: a, state: 'active' },
        { key: { publicJwk: { ...b.publicJwk, x: 'AA' } }, state: 'published' },
      ],
      'would refuse',
    ],
  ] as [string, () => SigningKey[], string][])('refuses a ring with %s', (_name, keys, said) => {
    expect(() => snapshotOf(keys(), 0)).toThrow(said);
  });

  it('refuses a key for another algorithm than the one in use', () => {
    expect(() => snapshotOf([{ key: a, state: 'active' }], 0, 'EdDSA')).toThrow('verifiers accept only EdDSA');
  });
});
