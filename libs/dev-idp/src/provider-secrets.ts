import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { calculateJwkThumbprint } from 'jose';
import type { JWK } from 'oidc-provider';

export interface ProviderSecrets {
  /** The provider's own private ES256 key: never the key that signs internal tokens. */
  readonly signingKey: JWK;
  readonly introspectionSecret: string;
  readonly introspectionSecretFile: string;
}

/** Created once and kept, so that access tokens stay valid over a restart. */
export async function loadProviderSecrets(directory: string): Promise<ProviderSecrets> {
  const folder = resolve(directory);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const keyFile = join(folder, 'signing-key.json');
  const introspectionSecretFile = join(folder, 'introspection-secret');
  return {
    signingKey: parseKey(keyFile, await readOrCreate(keyFile, newSigningKey)),
    introspectionSecret: await readOrCreate(introspectionSecretFile, () => randomBytes(32).toString('base64url')),
    introspectionSecretFile,
  };
}

async function newSigningKey(): Promise<string> {
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  const kid = await calculateJwkThumbprint(jwk as Parameters<typeof calculateJwkThumbprint>[0]);
  return JSON.stringify({ ...jwk, kid, alg: 'ES256', use: 'sig' });
}

function parseKey(file: string, text: string): JWK {
  try {
    return JSON.parse(text) as JWK;
  } catch {
    throw new Error(`${file} is not a JSON Web Key. Delete it: the next start creates a new one.`);
  }
}

/**
 * Creates the file with a hard link, which fails if it exists: processes that start together end up with the same
 * secret.
 */
async function readOrCreate(file: string, create: () => string | Promise<string>): Promise<string> {
  const existing = await readIfThere(file);
  if (existing !== undefined) return existing;
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, await create(), { mode: 0o600 });
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft);
  }
  return readFile(file, 'utf8');
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
