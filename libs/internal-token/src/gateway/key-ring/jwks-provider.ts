import type { JsonWebKey } from 'node:crypto';
import {
  createSigner,
  InternalTokenError,
  isSigningAlgorithm,
  type JsonWebKeySet,
  type PublicJwk,
} from '../../core/index.js';
import { publicMembers } from './key-ring-snapshot.js';
import type { SigningKey, SigningKeyProvider, SigningKeyState } from './signing-key-provider.js';

const STATES: readonly unknown[] = ['published', 'active', 'retiring', 'retired'] satisfies SigningKeyState[];

/**
 * Keys given in the configuration as a private JWK set. A key may have a `"state"`; if no key is marked active, the
 * first is the active one and the others are published. A key that does not sign needs only its public members. To
 * change the keys, restart the process.
 * @throws InternalTokenError `configuration_invalid`; the message contains no part of the text
 */
export async function jwksProvider(given: string | JsonWebKeySet): Promise<SigningKeyProvider> {
  const set = typeof given === 'string' ? parse(given) : given;
  if (!Array.isArray(set.keys) || set.keys.length === 0)
    throw invalid('there are no keys; give {"keys": […]} with at least one');
  const named = set.keys.some((jwk) => jwk['state'] === 'active');
  const keys = await Promise.all(
    set.keys.map((jwk, index) => toKey(jwk, index === 0 && !named ? 'active' : 'published', index)),
  );
  return { description: 'keys in the configuration', pollSeconds: 0, load: async () => keys };
}

async function toKey(jwk: JsonWebKey, fallback: SigningKeyState, index: number): Promise<SigningKey> {
  const { state: given = fallback, ...members } = jwk;
  if (!STATES.includes(given)) throw invalid(`the state of key ${index + 1} is not one of ${STATES.join(', ')}`);
  const state = given as SigningKeyState;
  if (members.d !== undefined || state === 'active') {
    const signer = await createSigner({ key: members });
    return { key: state === 'active' || state === 'published' ? signer : { publicJwk: signer.publicJwk }, state };
  }
  const [publicJwk] = publicMembers(members);
  if (typeof publicJwk?.['kid'] !== 'string' || !isSigningAlgorithm(publicJwk['alg'])) {
    throw invalid(`the public key ${index + 1} has no kid or no valid alg; give it both`);
  }
  return { key: { publicJwk: { ...publicJwk, use: 'sig' } as PublicJwk }, state };
}

function parse(text: string): JsonWebKeySet {
  try {
    return JSON.parse(text) as JsonWebKeySet;
  } catch {
    throw invalid('the text is not JSON');
  }
}

function invalid(finding: string): InternalTokenError {
  return new InternalTokenError('configuration_invalid', `key ring: key set in the configuration: ${finding}.`);
}
