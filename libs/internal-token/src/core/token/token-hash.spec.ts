import { createHash } from 'node:crypto';
import { tokenHash } from './token-hash.js';

it('R118: the hash of a token is base64url(SHA-256(ASCII(token)))', () => {
  // The example of "abc" in FIPS 180-2.
  const known = Buffer.from('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 'hex');
  expect(tokenHash('abc')).toBe(known.toString('base64url'));
  expect(tokenHash('a.b.c')).toBe(createHash('sha256').update(Buffer.from('a.b.c', 'ascii')).digest('base64url'));
});
