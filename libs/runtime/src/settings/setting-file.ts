import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { checkFileMode, type FileContent } from 'nestjs-internal-token';
import { ConfigurationError } from './configuration-error.js';

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
