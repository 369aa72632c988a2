import { createPrivateKey, sign } from 'node:crypto';
import { base64url, Forge } from './support/forge.js';

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const ED25519_ORDER = 0x1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3edn;

const toBytes = (value: bigint, length: number) => Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex');
const toNumber = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

/** The token with altered signature bytes. */
function resigned(token: string, change: (signature: Buffer) => Uint8Array): string {
  const lastDot = token.lastIndexOf('.');
  const signature = Buffer.from(token.slice(lastDot + 1), 'base64url');
  return `${token.slice(0, lastDot)}.${base64url(change(signature))}`;
}

describe('near-valid signatures', () => {
  it.each(['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256', 'PS256'] as const)(
    'R61: %s: refuses a flip of any bit of the signature',
    async (algorithm) => {
      const forge = await Forge.create(algorithm);
      const token = forge.token();
      const length = Buffer.from(token.split('.')[2] ?? '', 'base64url').length;
      for (let at = 0; at < length; at += 7) {
        for (const bit of [1, 0x80]) {
          const changed = resigned(token, (signature) => {
            signature[at] = (signature[at] ?? 0) ^ bit;
            return signature;
          });
          expect(await forge.refusal(changed)).toBe('txn_signature');
        }
      }
    },
  );

  it.each(['ES256', 'ES384', 'ES512'] as const)(
    'R61: %s: refuses zero and the curve order as r or s',
    async (algorithm) => {
      const forge = await Forge.create(algorithm);
      const token = forge.token();
      const changes: ((signature: Buffer) => Uint8Array)[] = [
        (s) => s.fill(0),
        (s) => s.fill(0, 0, s.length / 2),
        (s) => s.fill(0, s.length / 2),
        (s) => s.fill(0xff),
        (s) => s.fill(0).fill(1, s.length / 2 - 1, s.length / 2),
      ];
      for (const change of changes) expect(await forge.refusal(resigned(token, change))).toBe('txn_signature');
    },
  );

  it('R61: ES256: refuses r and s beyond the curve order, even if equal to valid ones modulo the order', async () => {
    const forge = await Forge.create('ES256');
    const token = forge.token();
    expect(
      await forge.refusal(resigned(token, () => Buffer.concat([toBytes(P256_ORDER, 32), toBytes(P256_ORDER, 32)]))),
    ).toBe('txn_signature');
    const beyond = resigned(token, (s) => {
      const r = toNumber(s.subarray(0, 32)) + P256_ORDER;
      return r < 1n << 256n ? Buffer.concat([toBytes(r, 32), s.subarray(32)]) : s.fill(0xff, 0, 32);
    });
    expect(await forge.refusal(beyond)).toBe('txn_signature');
  });

  it('R61: ES256: refuses DER, an extra byte and a missing byte', async () => {
    const forge = await Forge.create('ES256');
    const token = forge.token();
    const input = token.slice(0, token.lastIndexOf('.'));
    const der = sign('sha256', Buffer.from(input), createPrivateKey({ key: forge.key, format: 'jwk' }));
    expect(await forge.refusal(`${input}.${base64url(der)}`)).toBe('txn_signature');
    expect(await forge.refusal(resigned(token, (s) => Buffer.concat([s, Buffer.alloc(1)])))).toBe('txn_signature');
    expect(await forge.refusal(resigned(token, (s) => Buffer.concat([Buffer.alloc(1), s])))).toBe('txn_signature');
    expect(await forge.refusal(resigned(token, (s) => s.subarray(1)))).toBe('txn_signature');
    expect(await forge.refusal(resigned(token, (s) => s.subarray(0, 63)))).toBe('txn_signature');
  });

  it('R61: EdDSA: refuses S + L, and R of small order', async () => {
    const forge = await Forge.create('EdDSA');
    const token = forge.token();
    const shifted = resigned(token, (signature) => {
      const s = toNumber(Buffer.from(signature.subarray(32)).reverse()) + ED25519_ORDER;
      return Buffer.concat([signature.subarray(0, 32), toBytes(s, 32).reverse()]);
    });
    expect(await forge.refusal(shifted)).toBe('txn_signature');
    for (const first of [0, 1]) {
      const smallOrder = resigned(token, (signature) => signature.fill(0).fill(first, 0, 1));
      expect(await forge.refusal(smallOrder)).toBe('txn_signature');
    }
  });

  it.each(['RS256', 'PS256'] as const)('R61: %s: refuses other lengths and trivial numbers', async (algorithm) => {
    const forge = await Forge.create(algorithm);
    const token = forge.token();
    const changes: ((signature: Buffer) => Uint8Array)[] = [
      (s) => s.fill(0),
      (s) => s.fill(0).fill(1, s.length - 1),
      (s) => s.fill(0xff),
      (s) => Buffer.concat([Buffer.alloc(1), s]),
      (s) => s.subarray(1),
    ];
    for (const change of changes) expect(await forge.refusal(resigned(token, change))).toBe('txn_signature');
  });
});
