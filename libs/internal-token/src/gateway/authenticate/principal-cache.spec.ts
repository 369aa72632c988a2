import type { Principal } from './principal.js';
import { PrincipalCache } from './principal-cache.js';

const MEBIBYTE = 1024 * 1024;
const NOW = 1_800_000_000;

describe('PrincipalCache', () => {
  const cache = (maxBytes: number) =>
    new PrincipalCache(
      { maxEntries: 100_000, maxBytes },
      () => true,
      () => true,
    );
  const principal = (permissions: readonly string[], changes: Partial<Principal> = {}): Principal => ({
    userId: 'alice',
    permissions,
    scopes: ['orders.read'],
    expiresAt: NOW + 300,
    issuer: 'https://idp.test',
    ...changes,
  });
  const names = (count: number, what = 'permission') => Array.from({ length: count }, (_, index) => `${what}-${index}`);

  it('R172: is bounded in memory, whatever the tokens contain', () => {
    const full = cache(MEBIBYTE);
    for (let index = 0; index < 2000; index += 1) {
      full.set(`hash-${index}`, principal(names(50), { scopes: names(100, 'scope') }), NOW + 300);
    }
    expect(full.bytes).toBeLessThanOrEqual(MEBIBYTE);
    expect(full.get('hash-1999', NOW)).toBeDefined();
    expect(full.get('hash-0', NOW)).toBeUndefined();
  });

  it('R172: does not underestimate the memory of its strings', () => {
    const one = cache(MEBIBYTE);
    const scopes = names(500, 'scope');
    one.set('hash', principal(['a'], { scopes }), NOW + 300);
    // A short string takes 16 bytes plus its characters, and its slot in the array 8.
    expect(one.bytes).toBeGreaterThan(scopes.reduce((sum, { length }) => sum + 24 + length, 0));
  });

  it('R172: skips a principal that no token can be minted for, so that it evicts no other', () => {
    const one = cache(MEBIBYTE);
    one.set('large', principal(names(1000)), NOW + 300);
    one.set('long', principal([], { authn: names(1000) }), NOW + 300);
    expect([one.get('large', NOW), one.get('long', NOW), one.bytes]).toEqual([undefined, undefined, 0]);
    one.set('usual', principal(names(100)), NOW + 300);
    expect(one.get('usual', NOW)).toBeDefined();
  });
});
