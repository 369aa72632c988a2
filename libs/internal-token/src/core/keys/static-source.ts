import { createPublicKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { SigningAlgorithm } from './algorithms.js';
import { InternalTokenError } from '../errors.js';
import { impliedAlgorithm } from './key-requirements.js';
import type { JsonWebKeySet, KeySource } from './key-source.js';

/** Keys given in the configuration, as a key set. */
export function staticSource(keys: JsonWebKeySet): KeySource {
  return { description: 'keys in the configuration', fixed: true, load: async () => keys };
}

/** One public key in PEM form. */
export interface PemKey {
  /** The public key (SPKI) or certificate. */
  readonly pem: string;
  /** Default: the algorithm that fits the key; RS256 for RSA. */
  readonly algorithm?: SigningAlgorithm;
  /** Default: the RFC 7638 SHA-256 thumbprint, which is also the issuer's default. */
  readonly keyId?: string;
}

/**
 * Public keys in PEM form, given in the configuration.
 * @throws InternalTokenError `configuration_invalid` for a private key, or a text that is not a public key
 */
export function pemSource(...keys: readonly PemKey[]): KeySource {
  const parsed = keys.map((key) => ({ ...key, publicKey: parsePem(key.pem) }));
  return {
    description: 'PEM keys in the configuration',
    fixed: true,
    load: async () => ({ keys: await Promise.all(parsed.map(toJwk)) }),
  };
}

function parsePem(pem: string): KeyObject {
  // createPublicKey() would silently take the public half of a private key.
  if (pem.includes('PRIVATE KEY')) {
    throw new InternalTokenError(
      'configuration_invalid',
      'pem: this is a private key; give the public key only (openssl pkey -pubout extracts it).',
    );
  }
  try {
    return createPublicKey(pem);
  } catch {
    throw new InternalTokenError('configuration_invalid', 'pem: the text is not a PEM public key or certificate.');
  }
}

async function toJwk({ publicKey, algorithm, keyId }: Omit<PemKey, 'pem'> & { publicKey: KeyObject }) {
  const jwk = publicKey.export({ format: 'jwk' });
  return {
    ...jwk,
    kid: keyId ?? (await calculateJwkThumbprint(jwk as JWK)),
    alg: algorithm ?? impliedAlgorithm(publicKey) ?? 'RS256',
  };
}
