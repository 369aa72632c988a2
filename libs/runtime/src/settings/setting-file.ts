import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
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

/** TLS material as node:https takes it. */
export interface Tls {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/**
 * Reads the certificate and the key that two settings name; undefined where the listener speaks plain http.
 * @throws ConfigurationError naming the setting whose file cannot be read, or does not fit the other
 */
export function readTls<Name extends string>(
  application: string,
  values: { readonly [Key in NoInfer<Name>]: string | undefined },
  certificate: Name,
  key: Name,
): Tls | undefined {
  const [certificateFile, keyFile] = [values[certificate], values[key]];
  if (certificateFile === undefined || keyFile === undefined) return undefined;
  const tls = {
    cert: readSettingFile(application, certificate, certificateFile),
    key: readSettingFile(application, key, keyFile),
  };
  try {
    createSecureContext(tls);
  } catch (error) {
    const { code = 'unknown reason' } = error as NodeJS.ErrnoException;
    const message = `its certificate and the key of ${key} are no pair in PEM form (${code}).`;
    throw new ConfigurationError(application, [{ name: certificate, message }]);
  }
  return tls;
}
