import { createPrivateKey, generateKeyPair, type JsonWebKey, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { createSigner, InternalTokenError, isSigningAlgorithm, type SigningAlgorithm } from '../../core/index.js';
import { isKeyFileName, keyFileName } from './key-file.js';

const generate = promisify(generateKeyPair);

const GENERATORS: Readonly<Record<SigningAlgorithm, (bits: number) => Promise<{ privateKey: KeyObject }>>> = {
  ES256: () => generate('ec', { namedCurve: 'P-256' }),
  ES384: () => generate('ec', { namedCurve: 'P-384' }),
  ES512: () => generate('ec', { namedCurve: 'P-521' }),
  EdDSA: () => generate('ed25519'),
  RS256: (bits) => generate('rsa', { modulusLength: bits }),
  PS256: (bits) => generate('rsa', { modulusLength: bits }),
};

/** Settings of a new key. */
export interface KeyParameters {
  /** Default ES256. */
  readonly algorithm?: SigningAlgorithm;
  /** For RSA only. Default 3072, at least 2048, at most 8192. */
  readonly modulusBits?: number;
}

/**
 * Generates a private key as JWK, with its RFC 7638 SHA-256 thumbprint as `kid`.
 * @throws InternalTokenError `configuration_invalid`
 */
export async function generateSigningKey({ algorithm = 'ES256', modulusBits }: KeyParameters): Promise<JsonWebKey> {
  if (!isSigningAlgorithm(algorithm)) {
    const why = /^HS|^none$/i.test(String(algorithm))
      ? 'is symmetric or no signature at all, so every verifier could forge tokens'
      : 'is not allowed for internal tokens';
    throw invalid(`${String(algorithm)} ${why}. Use ${Object.keys(GENERATORS).join(', ')}.`);
  }
  const rsa = algorithm === 'RS256' || algorithm === 'PS256';
  if (modulusBits !== undefined && !rsa) throw invalid(`a key for ${algorithm} has no modulus: omit modulusBits.`);
  const bits = modulusBits ?? 3072;
  if (!Number.isInteger(bits) || bits < 2048 || bits > 8192) {
    throw invalid(`an RSA key of ${bits} bits is too weak or too slow: give 2048 to 8192; 3072 is common.`);
  }
  const { privateKey } = await GENERATORS[algorithm](bits);
  const { publicJwk } = await createSigner({ key: privateKey, algorithm });
  // One id in 64 begins with a dash and would look like an option on a command line.
  if (publicJwk.kid.startsWith('-')) return generateSigningKey({ algorithm, ...(rsa && { modulusBits: bits }) });
  return { ...privateKey.export({ format: 'jwk' }), kid: publicJwk.kid, alg: algorithm, use: 'sig' };
}

/**
 * Converts an existing key, PEM or JWK, to JWK. It keeps its id, which is in the tokens that it has signed.
 * @throws InternalTokenError `configuration_invalid` for a key that {@link createSigner} refuses, or an id that cannot
 * be a file name
 */
export async function adoptSigningKey(text: string, algorithm?: SigningAlgorithm): Promise<JsonWebKey> {
  const { publicJwk } = await createSigner({ key: text, ...(algorithm !== undefined && { algorithm }) });
  if (!isKeyFileName(keyFileName(publicJwk.kid))) {
    throw invalid('its kid cannot be the name of a file: use only letters, digits, "-", "_" and ".".');
  }
  const key = text.trimStart().startsWith('{')
    ? createPrivateKey({ key: JSON.parse(text) as JsonWebKey, format: 'jwk' })
    : createPrivateKey(text);
  return { ...key.export({ format: 'jwk' }), kid: publicJwk.kid, alg: publicJwk.alg, use: 'sig' };
}

function invalid(finding: string): InternalTokenError {
  return new InternalTokenError('configuration_invalid', `signing key: ${finding}`);
}
