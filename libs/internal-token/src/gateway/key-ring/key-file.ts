import type { JsonWebKey } from 'node:crypto';
import { createSigner, isJsonObject, isSigningAlgorithm, type JsonObject, type PublicJwk } from '../../core/index.js';
import { publicMembers } from './key-ring-snapshot.js';
import type { SigningKey } from './signing-key-provider.js';

/** The content of a key file. The state of a key follows from its times, so writing one file rotates the keys. */
export interface KeyFile {
  readonly publishedAt: number;
  readonly activateAt?: number;
  readonly retiredAt?: number;
  /** The private key; once it is retired, only its public members. */
  readonly jwk: JsonWebKey;
}

/** Matches key files only: the names of drafts and of the lock begin with a dot. */
const KEY_FILE = /^[\w-][\w.-]{0,127}\.json$/;

export const isKeyFileName = (name: string): boolean => KEY_FILE.test(name);
export const keyFileName = (keyId: string): string => `${keyId}.json`;

export function serializeKeyFile({ publishedAt, activateAt, retiredAt, jwk }: KeyFile): string {
  const content = {
    publishedAt: new Date(publishedAt),
    ...(activateAt !== undefined && { activateAt: new Date(activateAt) }),
    ...(retiredAt !== undefined && { retiredAt: new Date(retiredAt) }),
    key: retiredAt === undefined ? jwk : publicMembers(jwk)[0],
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** @throws Error whose message quotes nothing of the file */
export function parseKeyFile(name: string, text: string): KeyFile {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new Error('it is not JSON');
  }
  if (!isJsonObject(content) || !isJsonObject(content['key']))
    throw new Error('it has no member "key" with a JWK in it');
  const jwk = content['key'] as JsonWebKey;
  if (typeof jwk['kid'] !== 'string' || keyFileName(jwk['kid']) !== name) throw new Error('its name is not its kid');
  const publishedAt = time(content, 'publishedAt');
  const activateAt = time(content, 'activateAt');
  const retiredAt = time(content, 'retiredAt');
  if (publishedAt === undefined) throw new Error('it does not say publishedAt');
  return {
    publishedAt,
    jwk,
    ...(activateAt !== undefined && { activateAt }),
    ...(retiredAt !== undefined && { retiredAt }),
  };
}

function time(content: JsonObject, name: string): number | undefined {
  const value = content[name];
  if (value === undefined) return undefined;
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(at)) throw new Error(`its ${name} is not a date (ISO 8601)`);
  return at;
}

/** Turns the content of a key file into a key. The private part is only in its signer. @throws Error, see above */
export async function toSigningKey({ jwk, publishedAt, activateAt, retiredAt }: KeyFile): Promise<SigningKey> {
  const times = {
    publishedAt,
    ...(activateAt !== undefined && { activateAt }),
    ...(retiredAt !== undefined && { retiredAt }),
  };
  if (retiredAt === undefined) return { key: await createSigner({ key: jwk }), state: 'published', ...times };
  const [publicJwk] = publicMembers(jwk);
  if (!isSigningAlgorithm(publicJwk?.['alg'])) throw new Error('its key has no alg');
  return { key: { publicJwk: publicJwk as PublicJwk }, state: 'retired', ...times };
}
