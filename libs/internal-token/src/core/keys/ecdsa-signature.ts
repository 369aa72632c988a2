/**
 * Converts ECDSA signatures: JWS has r and s side by side (RFC 7518, section 3.4), OpenSSL has DER.
 * Node converts too (`dsaEncoding`), but passing that option costs more than everything else done with the signature.
 */

/** The order of each curve's base point, by signature length: r and s must lie below it (SEC 2). */
const ORDERS: Readonly<Record<number, Buffer>> = {
  64: Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex'),
  96: Buffer.from(
    'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
    'hex',
  ),
  132: Buffer.from(
    '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
    'hex',
  ),
};

function firstNonZero(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] === 0) at += 1;
  return at;
}

function below(bytes: Uint8Array, from: number, order: Uint8Array): boolean {
  for (let i = 0; i < order.length; i += 1) {
    const difference = (bytes[from + i] ?? 0) - (order[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** Converts a JWS signature to DER; undefined for a wrong length, or an r or s outside 1 … order-1. */
export function rawToDer(raw: Uint8Array, signatureBytes: number): Uint8Array | undefined {
  const order = ORDERS[signatureBytes];
  if (raw.length !== signatureBytes || order === undefined) return undefined;
  const half = signatureBytes / 2;
  const r = firstNonZero(raw, 0, half);
  const s = firstNonZero(raw, half, signatureBytes);
  if (r === half || s === signatureBytes || !below(raw, 0, order) || !below(raw, half, order)) return undefined;

  // An integer whose first bit is set needs a zero byte in front, or it would read as negative.
  const padR = (raw[r] ?? 0) >> 7;
  const padS = (raw[s] ?? 0) >> 7;
  const lengthR = half - r + padR;
  const lengthS = signatureBytes - s + padS;
  const content = lengthR + lengthS + 4;
  const longForm = content > 127 ? 1 : 0;
  const der = Buffer.allocUnsafe(content + 2 + longForm);
  let at = 0;
  der[at++] = 0x30;
  if (longForm) der[at++] = 0x81;
  der[at++] = content;
  der[at++] = 0x02;
  der[at++] = lengthR;
  if (padR === 1) der[at++] = 0;
  for (let i = r; i < half; i += 1) der[at++] = raw[i] ?? 0;
  der[at++] = 0x02;
  der[at++] = lengthS;
  if (padS === 1) der[at++] = 0;
  for (let i = s; i < signatureBytes; i += 1) der[at++] = raw[i] ?? 0;
  return der;
}

/** Converts a DER signature to JWS. @throws RangeError if it is not the DER of two integers in 1 … order-1 */
export function derToRaw(der: Uint8Array, signatureBytes: number): Uint8Array {
  const half = signatureBytes / 2;
  const raw = new Uint8Array(signatureBytes);
  let at = der[1] === 0x81 ? 3 : 2;
  for (const end of [half, signatureBytes]) {
    const length = der[at + 1] ?? 0;
    const from = firstNonZero(der, at + 2, at + 2 + length);
    at += 2 + length;
    if (at - from > half || at > der.length) throw new RangeError('Not a DER signature of this curve');
    raw.set(der.subarray(from, at), end - (at - from));
  }
  // Strict in this direction too: the given DER must be the only encoding of the result.
  const again = rawToDer(raw, signatureBytes);
  if (again === undefined || Buffer.compare(again, der) !== 0)
    throw new RangeError('Not a DER signature of this curve');
  return raw;
}
