import type { Handle } from 'pkcs11js';
import type { JsonWebKey } from 'node:crypto';
import { InternalTokenError } from '../../../core/index.js';
import { findOne, type Pkcs11Token } from './pkcs11-token.js';

/** DER of the object identifier of P-256 (RFC 5480, section 2.1.1.1). */
const P256 = '06082a8648ce3d030107';

/** Reads a public key from a token, as JWK. @throws InternalTokenError `configuration_invalid` for other key types */
export function pkcs11PublicKey(token: Pkcs11Token, label: string): Promise<JsonWebKey> {
  return token.ask(({ module, pkcs11 }, session) => {
    const read = (object: Handle, type: number): Buffer =>
      pkcs11.C_GetAttributeValue(session, object, [{ type }])[0]?.value as Buffer;
    const key = findOne({ module, pkcs11 }, session, module.CKO_PUBLIC_KEY, label);
    if (key === undefined) throw invalid(`the token has no public key "${label}"`);
    const type = read(key, module.CKA_KEY_TYPE).readUInt8(0);
    if (type === module.CKK_RSA) {
      const [n, e] = [read(key, module.CKA_MODULUS), read(key, module.CKA_PUBLIC_EXPONENT)];
      return { kty: 'RSA', n: withoutZeros(n).toString('base64url'), e: withoutZeros(e).toString('base64url') };
    }
    if (type !== module.CKK_EC || read(key, module.CKA_EC_PARAMS).toString('hex') !== P256) {
      throw invalid(`the key "${label}" is neither RSA nor on the curve P-256`);
    }
    const point = uncompressed(read(key, module.CKA_EC_POINT), label);
    const [x, y] = [point.subarray(1, 33), point.subarray(33)];
    return { kty: 'EC', crv: 'P-256', x: x.toString('base64url'), y: y.toString('base64url') };
  });
}

/** The standard wraps the point in an OCTET STRING; some vendors omit that. */
function uncompressed(value: Buffer, label: string): Buffer {
  const point = value.length === 67 && value.readUInt16BE(0) === 0x0441 ? value.subarray(2) : value;
  if (point.length === 65 && point[0] === 0x04) return point;
  throw invalid(`the public point of the key "${label}" has an unknown format`);
}

function withoutZeros(number: Buffer): Buffer {
  return number.subarray(
    Math.max(
      0,
      number.findIndex((byte) => byte !== 0),
    ),
  );
}

function invalid(finding: string): InternalTokenError {
  return new InternalTokenError('configuration_invalid', `PKCS#11: ${finding}.`);
}
