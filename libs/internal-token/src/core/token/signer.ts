import { constants, createPublicKey, type JsonWebKey, type KeyObject, sign } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { isSigningAlgorithm, SIGNING_ALGORITHMS, type SigningAlgorithm } from '../keys/algorithms.js';
import { derToRaw } from '../keys/ecdsa-signature.js';
import { InternalTokenError } from '../errors.js';
import { importPrivateKey, type ImportedKey, type KeyInput } from '../keys/import-key.js';
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
  readonly key: KeyInput;
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
  const { key: privateKey, jwk } = await imported(options.key);
  const signing = localSigning(privateKey, chosenAlgorithm(options.algorithm, jwk?.['alg']));
  const publicMembers = createPublicKey(privateKey).export({ format: 'jwk' });
  const keyId = options.keyId ?? jwk?.kid ?? (await calculateJwkThumbprint(publicMembers as JWK));
  if (!isShortId(keyId)) throw invalid('keyId must be a string of 1 to 128 visible ASCII characters');
  return {
    ...signing,
    keyId,
    publicJwk: Object.freeze({ kty: '', ...publicMembers, kid: keyId, alg: signing.algorithm, use: 'sig' as const }),
  };
}

/** What signs with a private key of this process. */
export interface LocalSigning {
  readonly algorithm: SigningAlgorithm;
  readonly sign: (bytes: Uint8Array) => Uint8Array;
}

/**
 * @param wanted default: what fits the key; RS256 for RSA
 * @throws InternalTokenError `configuration_invalid` for a key that is no private one, is weak or does not fit
 */
export function localSigning(key: KeyObject, wanted?: unknown): LocalSigning {
  if (key.type !== 'private') throw invalid(`the key is a ${key.type} key; give a private key`);
  const algorithm = wanted ?? impliedAlgorithm(key) ?? 'RS256';
  if (!isSigningAlgorithm(algorithm)) {
    throw invalid(`the algorithm must be one of ${Object.keys(SIGNING_ALGORITHMS).join(', ')}`);
  }
  const publicKey = createPublicKey(key);
  const fault = keyFault(publicKey, algorithm);
  if (fault !== undefined) throw invalid(fault);
  const sign = signatureFunction(key, algorithm);
  if (signsFor(publicKey, sign, algorithm)) return { algorithm, sign };
  throw invalid('the private and the public part of the key do not match');
}

function invalid(detail: string): InternalTokenError {
  return new InternalTokenError('configuration_invalid', `signing key: ${detail}`);
}

async function imported(key: KeyInput): Promise<ImportedKey> {
  try {
    return await importPrivateKey(key);
  } catch (error) {
    throw invalid(`the key ${(error as Error).message}`);
  }
}

function chosenAlgorithm(wanted: unknown, ownAlgorithm: unknown): unknown {
  if (wanted === undefined || ownAlgorithm === undefined || wanted === ownAlgorithm) return wanted ?? ownAlgorithm;
  throw invalid('the configured algorithm differs from the "alg" of the JWK');
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
