import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { isSigningAlgorithm } from './algorithms.js';
import { impliedAlgorithm, keyFault } from './key-requirements.js';
import { isShortId } from '../is-short-id.js';
import type { JsonWebKeySet } from './key-source.js';
import { createVerificationKey, type VerificationKey } from './verification-key.js';

/** The result of examining a key set: the keys that may be used, and why the others may not. */
export interface Admission {
  readonly admitted: ReadonlyMap<string, VerificationKey>;
  readonly refused: readonly { readonly keyId: string | undefined; readonly reason: string }[];
}

/** More keys than any rotation needs. */
const MAX_KEYS = 64;
const NUMBERS = ['n', 'e', 'x', 'y'] as const;
const BASE64URL = /^[\w-]+$/;
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

/**
 * Examines every key of a set before it may verify anything. A bad key is left out; the good ones stay.
 * @param held the current keys: a key of the same id, algorithm and value keeps its object, so that what was cached for
 * it stays valid
 * @throws Error if the set as a whole is not acceptable
 */
export function validateKeySet(set: JsonWebKeySet, held: ReadonlyMap<string, VerificationKey> = new Map()): Admission {
  if (set.keys.length > MAX_KEYS)
    throw new Error(`the key set has ${set.keys.length} keys, at most ${MAX_KEYS} are allowed`);
  const admitted = new Map<string, VerificationKey>();
  const refused: { keyId: string | undefined; reason: string }[] = [];
  const duplicates = duplicateIds(set.keys);
  for (const jwk of set.keys as readonly unknown[]) {
    const keyId = keyIdOf(jwk);
    const result = keyId !== undefined && duplicates.has(keyId) ? 'its kid is not unique' : examine(jwk);
    if (typeof result === 'string') refused.push({ keyId: keyId?.slice(0, 128), reason: result });
    else admitted.set(result.keyId, sameKey(held.get(result.keyId), result) ?? result);
  }
  return { admitted, refused };
}

function sameKey(held: VerificationKey | undefined, found: VerificationKey): VerificationKey | undefined {
  return held?.algorithm === found.algorithm && held.publicKey.equals(found.publicKey) ? held : undefined;
}

function keyIdOf(jwk: unknown): string | undefined {
  if (typeof jwk !== 'object' || jwk === null || !('kid' in jwk)) return undefined;
  return typeof jwk.kid === 'string' ? jwk.kid : undefined;
}

function duplicateIds(keys: readonly unknown[]): ReadonlySet<string | undefined> {
  const ids = keys.map(keyIdOf);
  return new Set(ids.filter((id, index) => ids.indexOf(id) !== index));
}

/** The key, or why it is refused. */
function examine(candidate: unknown): VerificationKey | string {
  if (typeof candidate !== 'object' || candidate === null) return 'it is not a JSON object';
  const jwk = candidate as JsonWebKey;
  // A private key that was published is known to everybody.
  if (jwk.kty === 'oct' || PRIVATE_MEMBERS.some((name) => Object.hasOwn(jwk, name))) {
    return 'it contains secret members, and a key set is public';
  }
  if (!isShortId(jwk['kid'])) return 'it has no kid of 1 to 128 visible ASCII characters';
  if (jwk['use'] !== undefined && jwk['use'] !== 'sig') return 'its use is not "sig"';
  const operations = jwk['key_ops'];
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    return 'its key_ops do not allow verifying';
  }
  // Node also reads plain base64, which would be a second spelling of the same key.
  const misspelt = NUMBERS.find((name) => typeof jwk[name] === 'string' && !BASE64URL.test(jwk[name]));
  if (misspelt !== undefined) return `its ${misspelt} is not base64url`;
  let key: KeyObject;
  try {
    key = createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return 'it is not a public key of type EC, OKP or RSA';
  }
  const algorithm = jwk['alg'] ?? impliedAlgorithm(key);
  if (algorithm === undefined) return 'it has no alg: RSA keys must say RS256 or PS256';
  if (!isSigningAlgorithm(algorithm)) return 'its alg is not allowed for internal tokens';
  return keyFault(key, algorithm) ?? createVerificationKey(key, algorithm, jwk['kid']);
}
