import { readFileSync } from 'node:fs';
import { ConfigurationError } from './configuration.error.js';

/**
 * Reads the file that a setting names. Its path is not repeated: where the content was given instead of a path, it
 * would be the secret itself.
 * @throws ConfigurationError naming the setting
 */
export function readSettingFile(application: string, name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code = 'unknown reason' } = error as NodeJS.ErrnoException;
    throw new ConfigurationError(application, [{ name, message: `the file that it names cannot be read (${code}).` }]);
  }
}
