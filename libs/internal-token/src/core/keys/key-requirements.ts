import type { KeyObject } from 'node:crypto';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from './algorithms.js';

const MIN_RSA_BITS = 2048;
/** A larger modulus makes one verification as expensive as hundreds. */
const MAX_RSA_BITS = 8192;
/** Exponent 1 accepts any signature, 3 has a history of attacks; every common generator uses 65537. */
const MIN_RSA_EXPONENT = 65537n;
const MAX_RSA_EXPONENT = 1n << 32n;

/** The only algorithm that fits a key; undefined for RSA keys, which fit several, and for unusable keys. */
export function impliedAlgorithm(key: KeyObject): SigningAlgorithm | undefined {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (key.asymmetricKeyType === 'ed25519') return 'EdDSA';
  if (curve === SIGNING_ALGORITHMS.ES256.curve) return 'ES256';
  if (curve === SIGNING_ALGORITHMS.ES384.curve) return 'ES384';
  if (curve === SIGNING_ALGORITHMS.ES512.curve) return 'ES512';
  return undefined;
}

/**
 * Why a key must not be used with an algorithm, as a message for the operator; undefined if it may be
 * (RFC 7518, sections 3.3 to 3.5; RFC 8725bis, section 3.1).
 */
export function keyFault(key: KeyObject, algorithm: SigningAlgorithm): string | undefined {
  const needs = SIGNING_ALGORITHMS[algorithm];
  const { namedCurve, modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType !== needs.keyType) {
    return `${algorithm} needs a key of type ${needs.keyType}, this one is ${key.asymmetricKeyType ?? 'symmetric'}`;
  }
  if (needs.keyType === 'ec' && namedCurve !== needs.curve) {
    return `${algorithm} needs the curve ${needs.curve}, this key has ${namedCurve ?? 'none'}`;
  }
  if (needs.keyType === 'rsa') {
    if (modulusLength < MIN_RSA_BITS)
      return `RSA keys need at least ${MIN_RSA_BITS} bits, this one has ${modulusLength}`;
    if (modulusLength > MAX_RSA_BITS)
      return `RSA keys may have at most ${MAX_RSA_BITS} bits, this one has ${modulusLength}`;
    if (publicExponent < MIN_RSA_EXPONENT || publicExponent > MAX_RSA_EXPONENT || publicExponent % 2n === 0n) {
      return `the RSA public exponent must be odd and at least ${MIN_RSA_EXPONENT}`;
    }
  }
  if (needs.keyType === 'ed25519' && isSmallOrder(key)) return 'the Ed25519 public key is a point of small order';
  return undefined;
}

/** The y coordinates of the points whose order divides 8, in every encoding that decoders accept. */
const SMALL_ORDER_Y = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

/** Under such a key one signature fits many messages, so it proves nothing. */
function isSmallOrder(key: KeyObject): boolean {
  const { x } = key.export({ format: 'jwk' });
  const point = Buffer.from(x ?? '', 'base64url');
  const last = point.length - 1;
  point[last] = (point[last] ?? 0) & 0x7f;
  return SMALL_ORDER_Y.has(point.toString('hex'));
}
