import { generateKeyPair, type KeyObject, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const generate = promisify(generateKeyPair);
const KEY_GENERATORS: Record<string, () => Promise<{ privateKey: KeyObject }>> = {
  ES256: () => generate('ec', { namedCurve: 'P-256' }),
  ES384: () => generate('ec', { namedCurve: 'P-384' }),
  ES512: () => generate('ec', { namedCurve: 'P-521' }),
  EdDSA: () => generate('ed25519'),
  RS256: () => generate('rsa', { modulusLength: 2048 }),
  PS256: () => generate('rsa', { modulusLength: 2048 }),
};

/** The key of this working copy as PEM, generated on first use and readable by its owner only. */
export async function developmentSigningKey(directory: string, algorithm: string): Promise<string> {
  const path = join(directory, `signing-key.${algorithm.toLowerCase()}.pem`);
  const existing = await readIfPresent(path);
  if (existing) return existing;

  const newKey = await KEY_GENERATORS[algorithm]?.();
  if (!newKey) throw new Error(`No development key for ${algorithm}: set INTERNAL_TOKEN_SIGNING_KEY_FILE.`);
  await mkdir(directory, { recursive: true });
  const pem = newKey.privateKey.export({ type: 'pkcs8', format: 'pem' });
  await throughDraft(path, pem, async (draft) => {
    // A link is created atomically and fails if another process was first; both then read the same key.
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  });
  return readFile(path, 'utf8');
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export const developmentJwksFile = (directory: string): string => join(directory, 'jwks.json');

/** Writes the public key to where services of this working copy read it, atomically. */
export async function publishDevelopmentKeys(directory: string, jwks: object): Promise<void> {
  const path = developmentJwksFile(directory);
  await throughDraft(path, `${JSON.stringify(jwks, null, 2)}\n`, (draft) => rename(draft, path), 0o644);
}

/** Writes a file with a unique name, which `place` moves to its place; the temporary file is always removed. */
async function throughDraft(
  path: string,
  content: string | Buffer,
  place: (draft: string) => Promise<void>,
  mode = 0o600,
): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, content, { mode, flag: 'wx' });
    await place(draft);
  } finally {
    await rm(draft, { force: true });
  }
}
