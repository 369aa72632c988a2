import type { Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** What a file holds: a secret for its owner and group, or key sets and settings that everybody may read. */
export type FileContent = 'secret' | 'public';

/** Key sets have a limit of their own. */
const MAX_SECRET_BYTES = 64 * 1024;

/**
 * The one permission rule for files that hold secrets or say which keys are trusted. A group may read and write: that
 * is the operator's choice, and Kubernetes mounts volumes with an `fsGroup` this way. Windows has no such bits.
 * @param stats of the opened file, since the path may lead to another file by the time it is read
 * @returns a warning with its fix, if everybody can read a secret
 * @throws Error if everybody can write it: the content could be anybody's
 */
export function checkFileMode({ mode }: Pick<Stats, 'mode'>, content: FileContent): string | undefined {
  if (process.platform === 'win32') return undefined;
  if ((mode & 0o002) !== 0) {
    throw new Error(
      'everybody can write it: chmod o-w (on a mount that ignores it, keep the file on another one or mount with a umask)',
    );
  }
  if (content === 'public' || (mode & 0o004) === 0) return undefined;
  return 'everybody can read it: chmod 600 it (as a Kubernetes secret: defaultMode 0440, and an fsGroup)';
}

/**
 * Reads a file that holds a secret (a key, a password, the PIN of an HSM), of at most 64 KiB.
 * @param warn is called if everybody can read the file
 * @throws Error (rejects) if it cannot be read, or if everybody can write it
 */
export function readSecretFile(path: string, warn: (problem: string) => void = () => undefined): Promise<string> {
  return withFile(path, async (file) => {
    const problem = checkFileMode(await file.stat(), 'secret');
    if (problem !== undefined) warn(problem);
    return readAtMost(file, MAX_SECRET_BYTES);
  });
}

/** Opens a file for reading, and closes it when `work` has ended or failed. */
export async function withFile<T>(path: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

/** @throws Error (rejects) if the file is larger than `maxBytes` */
export async function readAtMost(file: FileHandle, maxBytes: number): Promise<string> {
  const buffer = Buffer.alloc(maxBytes + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length);
    if (bytesRead === 0) return buffer.toString('utf8', 0, length);
    length += bytesRead;
    if (length > maxBytes) throw new Error(`the file has more than ${maxBytes} bytes`);
  }
}
