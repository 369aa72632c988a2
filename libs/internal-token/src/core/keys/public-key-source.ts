import type { JsonWebKey } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { OptionPath } from '../options/index.js';
import { type SigningAlgorithm, SIGNING_ALGORITHMS } from './algorithms.js';
import { importPublicKey, type ImportedKey, type KeyInput } from './import-key.js';
import { impliedAlgorithm, keyFault } from './key-requirements.js';
import type { KeySource } from './key-source.js';

/** One public key, given in the configuration. */
export interface PublicKeyOptions {
  /** PEM (SPKI), an X.509 certificate (PEM, of which the key alone counts), JWK (object or JSON text) or KeyObject. */
  readonly key: KeyInput;
  /** Default: the JWK's own `alg`, else what fits the key; RS256 for RSA. */
  readonly algorithm?: SigningAlgorithm;
  /** Default: the JWK's own `kid`, else the RFC 7638 SHA-256 thumbprint, which is also the issuer's default. */
  readonly keyId?: string;
}

/**
 * Public keys given in the configuration. Loading rejects, and the application does not start, where one is no public
 * key that may be used with its algorithm.
 * @param at the place of the list, for messages
 */
export function publicKeySource(keys: readonly PublicKeyOptions[], at: OptionPath): KeySource {
  return {
    description: 'keys in the configuration',
    fixed: true,
    load: async () => ({ keys: await Promise.all(keys.map((each, index) => toJwk(each, at.item(index)))) }),
  };
}

async function toJwk({ key, algorithm, keyId }: PublicKeyOptions, at: OptionPath): Promise<JsonWebKey> {
  const { key: publicKey, jwk } = await imported(key, at);
  const chosen = algorithm ?? (jwk?.['alg'] as SigningAlgorithm | undefined) ?? impliedAlgorithm(publicKey) ?? 'RS256';
  if (!Object.hasOwn(SIGNING_ALGORITHMS, chosen))
    throw at.member('key').refused('has an "alg" that signs no internal token');
  if (jwk?.['alg'] !== undefined && jwk['alg'] !== chosen) {
    throw at.member('algorithm').refused('differs from the "alg" of the JWK; leave it out');
  }
  const fault = keyFault(publicKey, chosen);
  if (fault !== undefined) throw at.member('key').refused(`does not fit: ${fault}`);
  const members = publicKey.export({ format: 'jwk' });
  const kid = keyId ?? jwk?.['kid'] ?? (await calculateJwkThumbprint(members as JWK));
  return { ...members, kid, alg: chosen };
}

async function imported(key: KeyInput, at: OptionPath): Promise<ImportedKey> {
  try {
    return await importPublicKey(key);
  } catch (error) {
    throw at.member('key').refused((error as Error).message);
  }
}
