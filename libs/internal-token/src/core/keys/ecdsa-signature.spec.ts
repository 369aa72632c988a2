import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { derToRaw, rawToDer } from './ecdsa-signature.js';

const CURVES = [
  ['P-256', 'sha256', 64],
  ['P-384', 'sha384', 96],
  ['P-521', 'sha512', 132],
] as const;

describe('ECDSA signatures', () => {
  it.each(CURVES)('%s: converts signatures to and from DER as Node does', (namedCurve, digest, size) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
    // Often enough for r or s to be short, and to need a zero byte in front.
    for (let i = 0; i < 300; i += 1) {
      const data = Buffer.from(`message ${i}`);
      const raw = derToRaw(sign(digest, data, privateKey), size);
      expect(verify(digest, data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, raw)).toBe(true);
      const der = rawToDer(sign(digest, data, { key: privateKey, dsaEncoding: 'ieee-p1363' }), size);
      expect(verify(digest, data, publicKey, der ?? new Uint8Array())).toBe(true);
    }
  });

  it.each(CURVES)('%s: keeps small values of r and s through both conversions', (_curve, _digest, size) => {
    for (const value of [1, 0x7f, 0x80, 0xff]) {
      const raw = new Uint8Array(size);
      raw[size / 2 - 1] = value;
      raw[size - 1] = 0xff - value + 1;
      expect(derToRaw(rawToDer(raw, size) ?? new Uint8Array(), size)).toEqual(raw);
    }
  });

  it.each(CURVES)(
    'R61: %s: refuses r or s of zero, r or s of at least the order, and wrong lengths',
    (_curve, _digest, size) => {
      const one = new Uint8Array(size);
      one[size / 2 - 1] = 1;
      one[size - 1] = 1;
      expect(rawToDer(one, size)).toBeDefined();
      expect(rawToDer(one.slice(1), size)).toBeUndefined();
      expect(rawToDer(new Uint8Array(size), size)).toBeUndefined();
      expect(rawToDer(new Uint8Array(size).fill(0xff), size)).toBeUndefined();
      expect(rawToDer(one.slice().fill(0, 0, size / 2), size)).toBeUndefined();
      expect(rawToDer(one.slice().fill(0, size / 2), size)).toBeUndefined();
    },
  );

  it('R61: refuses DER that is not the canonical encoding of two integers', () => {
    for (const hex of [
      '',
      '30',
      '3000',
      '300602010102010100',
      '30070202000102010 1'.replace(' ', ''),
      '3006020101020100',
    ]) {
      expect(() => derToRaw(Buffer.from(hex, 'hex'), 64)).toThrow(RangeError);
    }
    expect(derToRaw(Buffer.from('3006020101020101', 'hex'), 64)[63]).toBe(1);
  });
});
