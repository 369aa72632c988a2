import type { SettingValues } from '../settings/setting.js';
import { clientsOf, type internalTransportSettings } from '../settings/shared-settings.js';
import { TlsFiles, type TlsFilesOptions } from './tls-files.js';
import type { ListenerTls } from './tls-listener.js';

/** How a process speaks TLS with the others. */
export interface InternalTls {
  /** For its calls. */
  readonly files: TlsFiles;
  /** For its internal listener; undefined without a certificate: then it speaks plain http. */
  readonly listener: ListenerTls | undefined;
}

/**
 * Undefined if nothing is set.
 * @throws ConfigurationError naming the setting whose file cannot be used
 */
export function internalTls(
  application: string,
  values: SettingValues<typeof internalTransportSettings>,
  options?: TlsFilesOptions,
): InternalTls | undefined {
  const names = { cert: 'INTERNAL_TLS_CERT_FILE', key: 'INTERNAL_TLS_KEY_FILE', ca: 'INTERNAL_CA_FILE' } as const;
  const files = TlsFiles.open(application, values, names, options);
  if (files === undefined) return undefined;
  return { files, listener: files.hasCertificate ? { files, clients: clientsOf(values) } : undefined };
}
