import { createPrivateKey, KeyObject, type JsonWebKey } from 'node:crypto';
import { type CryptoKey, importJWK, importPKCS8, importSPKI, importX509, type JWK } from 'jose';
import type { SigningAlgorithm } from './algorithms.js';

/** A key as applications have it: PEM text, a JWK (object or JSON text), or Node's own object. */
export type KeyInput = string | JsonWebKey | KeyObject;

/** A key that was read, and the JWK that it was, for its `alg` and `kid`. */
export interface ImportedKey {
  readonly key: KeyObject;
  readonly jwk?: JsonWebKey;
}

/** jose reads a key for an algorithm, and a key fits one kind of them: which one fits says what it is. */
const KINDS: readonly SigningAlgorithm[] = ['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256'];
/** Forms of private keys older than PKCS#8: RFC 5915 (SEC 1), RFC 8017 (PKCS#1). */
const OLDER_PRIVATE = /^-----BEGIN (?:EC|RSA) PRIVATE KEY-----/;
const PUBLIC_HALF = /^-----BEGIN (?:(?:RSA )?PUBLIC KEY|CERTIFICATE)-----/;
const EXTRACTABLE = { extractable: true };

/**
 * A public key: PEM (SPKI), the key of an X.509 certificate (PEM), JWK or KeyObject. Of a certificate only the key
 * counts: nobody asks whether it has expired.
 * @throws Error that completes the sentence "the key …" and holds no part of it
 */
export async function importPublicKey(input: KeyInput): Promise<ImportedKey> {
  if (input instanceof KeyObject) {
    if (input.type === 'public') return { key: input };
    throw new Error(`is a ${input.type} key; a verifier holds public keys only`);
  }
  const { jwk, pem, text } = read(input);
  if (jwk !== undefined) {
    if (jwk.kty === 'oct') throw new Error('is a shared secret; a verifier holds public keys only');
    if (jwk.d !== undefined) throw new Error('is a private key; a verifier holds public keys only');
    return { key: await importForKind((kind) => importJWK(bare(jwk), kind, EXTRACTABLE)), jwk };
  }
  // Anywhere in it: a file with both halves is no file for verifiers.
  if (text.includes('PRIVATE KEY')) {
    throw new Error('is a private key; a verifier holds public keys only (openssl pkey -pubout makes one)');
  }
  const importPem = pem.startsWith('-----BEGIN CERTIFICATE') ? importX509 : importSPKI;
  return { key: await importForKind((kind) => importPem(pem, kind, EXTRACTABLE)) };
}

/**
 * A private key: PEM (PKCS#8, SEC 1, PKCS#1), JWK or KeyObject.
 * @throws Error that completes the sentence "the key …" and holds no part of it
 */
export async function importPrivateKey(input: KeyInput): Promise<ImportedKey> {
  if (input instanceof KeyObject) {
    if (input.type === 'private') return { key: input };
    throw new Error(`is a ${input.type} key; give a private key`);
  }
  const { jwk, pem: given } = read(input);
  if (jwk !== undefined) {
    if (jwk.kty === 'oct') {
      throw new Error(
        'is a shared secret; symmetric keys (HS256 and the like) are never accepted: make an EC P-256 key',
      );
    }
    if (typeof jwk.d !== 'string') throw new Error('is a JWK with no private part ("d"); give a private key');
    return { key: await importForKind((kind) => importJWK(bare(jwk), kind, EXTRACTABLE)), jwk };
  }
  if (PUBLIC_HALF.test(given)) throw new Error('is a public key; give a private key');
  const pem = modernPem(given);
  if (!pem.startsWith('-----BEGIN PRIVATE KEY-----')) {
    throw new Error('is not an unencrypted PEM private key (openssl genpkey makes one)');
  }
  return { key: await importForKind((kind) => importPKCS8(pem, kind, EXTRACTABLE)) };
}

/** The errors of the parsers are not passed on: what they quote is the input, and that is the key. */
async function importForKind(
  importAs: (kind: SigningAlgorithm) => Promise<CryptoKey | Uint8Array>,
): Promise<KeyObject> {
  for (const kind of KINDS) {
    try {
      return KeyObject.from((await importAs(kind)) as CryptoKey);
    } catch {
      // Of another kind, or of none.
    }
  }
  throw new Error('cannot be read as a key of type EC (P-256, P-384, P-521), Ed25519 or RSA, in PEM form or as JWK');
}

/** Told by its first character: a JWK, or text that should be PEM. */
function read(input: string | JsonWebKey): { jwk?: JsonWebKey; pem: string; text: string } {
  if (typeof input !== 'string') return { jwk: input, pem: '', text: '' };
  if (!input.trimStart().startsWith('{')) return { pem: firstBlock(input), text: input };
  try {
    return { jwk: JSON.parse(input) as JsonWebKey, pem: '', text: '' };
  } catch {
    throw new Error('starts like a JWK but is not JSON');
  }
}

/** The numbers of the key alone: what it is used for is judged by our own rules. */
function bare(jwk: JsonWebKey): JWK {
  const { alg: _alg, use: _use, key_ops: _operations, ext: _ext, ...numbers } = jwk;
  return numbers as JWK;
}

/** Without what tools write around it: a description in words, the parameters of a curve, the rest of a chain. */
function firstBlock(text: string): string {
  return /-----BEGIN (?!EC PARAMETERS)([A-Z0-9 ]+)-----[^-]*-----END \1-----/.exec(text)?.[0] ?? text;
}

function modernPem(pem: string): string {
  if (!OLDER_PRIVATE.test(pem)) return pem;
  try {
    return createPrivateKey(pem).export({ type: 'pkcs8', format: 'pem' }).toString();
  } catch {
    return pem;
  }
}
