import { mkdirSync, mkdtempSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ConfigurationError } from '../settings/configuration-error.js';

/**
 * Creates the directory in which a working copy keeps its key and its data, and checks that it is writable.
 * @throws ConfigurationError naming DEV_DIRECTORY
 */
export function openDevelopmentDirectory(application: string, directory: string): void {
  const path = resolve(directory);
  try {
    makeDirectory(path);
    rmdirSync(mkdtempSync(join(path, 'writable-')));
  } catch (error) {
    const { code = 'unknown reason' } = error as NodeJS.ErrnoException;
    const message = `${path} cannot be used (${code}). Name a directory that this user may write to.`;
    throw new ConfigurationError(application, [{ name: 'DEV_DIRECTORY', message }]);
  }
}

/** Step by step: Node's recursive mkdir never ends in a file system that refuses directories, such as /proc. */
function makeDirectory(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(path) !== path) makeDirectory(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have been faster; but a file in its place is an error.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
