import { constants, createPrivateKey, createPublicKey, type JsonWebKey, KeyObject, sign } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { isSigningAlgorithm, SIGNING_ALGORITHMS, type SigningAlgorithm } from '../keys/algorithms.js';
import { derToRaw } from '../keys/ecdsa-signature.js';
import { InternalTokenError } from '../errors.js';
import { impliedAlgorithm, keyFault } from '../keys/key-requirements.js';
import { isShortId } from '../is-short-id.js';
import { createVerificationKey } from '../keys/verification-key.js';

/** A public key as the key set publishes it (RFC 7517, section 4). */
export interface PublicJwk extends JsonWebKey {
  readonly kty: string;
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly use: 'sig';
}

/** Signs with one private key. Implement it for a key that is held elsewhere (KMS, HSM). */
export interface Signer {
  readonly algorithm: SigningAlgorithm;
  readonly keyId: string;
  /** True if {@link sign} returns a promise; the gateway then signs as soon as it mints. */
  readonly asynchronous?: boolean;
  /** The public half, for the published key set. */
  readonly publicJwk: PublicJwk;
  /** Returns the JWS signature of the bytes (for ECDSA: r and s, not DER). */
  sign(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** Settings of {@link createSigner}. */
export interface SignerOptions {
  /** The private key: PEM (PKCS#8, SEC1, PKCS#1), JWK (object or JSON text) or KeyObject. */
  readonly key: string | JsonWebKey | KeyObject;
  /** Default: the JWK's `alg`, else the algorithm that fits the key (ES256, ES384, ES512, EdDSA; RS256 for RSA). */
  readonly algorithm?: SigningAlgorithm;
  /** Default: the JWK's `kid`, else the RFC 7638 SHA-256 thumbprint. */
  readonly keyId?: string;
}

/**
 * Creates a signer from a key that this process holds.
 * @throws InternalTokenError `configuration_invalid` for a symmetric, public or weak key, or one that does not fit the
 * algorithm; the message never contains any part of the key
 */
export async function createSigner(options: SignerOptions): Promise<Signer> {
  const { privateKey, jwk } = readPrivateKey(options.key);
  const algorithm = chooseAlgorithm(privateKey, options.algorithm, jwk?.alg);
  const publicKey = createPublicKey(privateKey);
  const publicMembers = publicKey.export({ format: 'jwk' });
  const keyId = options.keyId ?? jwk?.kid ?? (await calculateJwkThumbprint(publicMembers as JWK));
  if (!isShortId(keyId)) throw invalid('keyId must be a string of 1 to 128 visible ASCII characters');

  const signBytes = signatureFunction(privateKey, algorithm);
  if (!signsFor(publicKey, signBytes, algorithm)) {
    throw invalid('the private and the public part of the key do not match');
  }
  return {
    algorithm,
    keyId,
    publicJwk: Object.freeze({ kty: '', ...publicMembers, kid: keyId, alg: algorithm, use: 'sig' as const }),
    sign: signBytes,
  };
}

function invalid(detail: string): InternalTokenError {
  return new InternalTokenError('configuration_invalid', `signing key: ${detail}`);
}

function readPrivateKey(key: SignerOptions['key']): { privateKey: KeyObject; jwk?: JsonWebKey } {
  if (key instanceof KeyObject) {
    if (key.type !== 'private') throw invalid(`this key is ${key.type}; give a private key`);
    return { privateKey: key };
  }
  // Errors of the parsers are not passed on as a cause: they quote the input, which is the key.
  if (typeof key === 'string' && !key.trimStart().startsWith('{')) {
    try {
      return { privateKey: createPrivateKey(key) };
    } catch {
      throw invalid('the text is not an unencrypted PEM private key (openssl genpkey makes one)');
    }
  }
  const jwk = typeof key === 'string' ? parseJwk(key) : key;
  if (jwk.kty === 'oct') throw invalid('symmetric keys (HS256 and the like) are never accepted; make an EC P-256 key');
  if (typeof jwk.d !== 'string') throw invalid('the JWK has no private part ("d")');
  try {
    return { privateKey: createPrivateKey({ key: jwk, format: 'jwk' }), jwk };
  } catch {
    throw invalid('the JWK is not a private key of type EC, OKP or RSA');
  }
}

function parseJwk(text: string): JsonWebKey {
  try {
    return JSON.parse(text) as JsonWebKey;
  } catch {
    throw invalid('the text starts like a JWK but is not JSON');
  }
}

function chooseAlgorithm(key: KeyObject, wanted: unknown, ownAlgorithm: unknown): SigningAlgorithm {
  if (wanted !== undefined && ownAlgorithm !== undefined && wanted !== ownAlgorithm) {
    throw invalid('the configured algorithm differs from the "alg" of the JWK');
  }
  const algorithm = wanted ?? ownAlgorithm ?? impliedAlgorithm(key) ?? 'RS256';
  if (!isSigningAlgorithm(algorithm)) {
    throw invalid(`the algorithm must be one of ${Object.keys(SIGNING_ALGORITHMS).join(', ')}`);
  }
  const fault = keyFault(createPublicKey(key), algorithm);
  if (fault !== undefined) throw invalid(fault);
  return algorithm;
}

function signsFor(
  publicKey: KeyObject,
  signBytes: (bytes: Uint8Array) => Uint8Array,
  algorithm: SigningAlgorithm,
): boolean {
  const probe = Buffer.from('key check');
  try {
    return createVerificationKey(publicKey, algorithm, 'probe').verify(probe, signBytes(probe));
  } catch {
    // The parser accepts impossible numbers; signing with them fails here.
    return false;
  }
}

/** Passes the bare key to `sign` for speed, as `createVerificationKey` does to `verify`. */
function signatureFunction(key: KeyObject, algorithm: SigningAlgorithm): (bytes: Uint8Array) => Uint8Array {
  const { digest, signatureBytes } = SIGNING_ALGORITHMS[algorithm];
  if (algorithm === 'EdDSA') return (bytes) => sign(null, bytes, key);
  if (algorithm === 'RS256') return (bytes) => sign(digest, bytes, key);
  if (algorithm === 'PS256') {
    const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
    return (bytes) => sign(digest, bytes, pss);
  }
  return (bytes) => derToRaw(sign(digest, bytes, key), signatureBytes ?? 0);
}
