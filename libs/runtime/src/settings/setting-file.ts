import { closeSync, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { ConfigurationError } from './configuration-error.js';

/** What a file holds: something that only its owner and group may read, or key sets and settings that all may read. */
type FileContent = 'secret' | 'public';

/** A file that a setting names. */
export interface SettingFile {
  /** The setting. */
  readonly name: string;
  readonly path: string;
  readonly content: FileContent;
}

/**
 * Reads the file that a setting names. Errors do not repeat the path, which may by mistake be the secret itself.
 * @param warn is called if the file holds a secret and everybody can read it
 * @throws ConfigurationError naming the setting if the file cannot be read, or if everybody can write it
 */
export function readSettingFile(
  application: string,
  { name, path, content }: SettingFile,
  warn: (problem: string) => void,
): Buffer {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const problem = checkFileMode(fstatSync(file), content);
    const bytes = readFileSync(file);
    if (problem !== undefined) warn(`${name}: ${problem}.`);
    return bytes;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const finding = code === undefined ? `${message}.` : `the file that it names cannot be read (${code}).`;
    throw new ConfigurationError(application, [{ name, message: finding }]);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/**
 * The rule of `nestjs-internal-token` for its own files. Windows has no such bits.
 * @returns a warning with its fix, if everybody can read a secret
 * @throws Error if everybody can write it: the content could be anybody's
 */
function checkFileMode({ mode }: Stats, content: FileContent): string | undefined {
  if (process.platform === 'win32') return undefined;
  if ((mode & 0o002) !== 0) {
    throw new Error(
      'everybody can write it: chmod o-w (on a mount that ignores it, keep the file on another one or mount with a umask)',
    );
  }
  if (content === 'public' || (mode & 0o004) === 0) return undefined;
  return 'everybody can read it: chmod 600 it (as a Kubernetes secret: defaultMode 0440, and an fsGroup)';
}
