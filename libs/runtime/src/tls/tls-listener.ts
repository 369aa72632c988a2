import type { Server as PlainServer } from 'node:http';
import type { Server, ServerOptions } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { ClientCertificates } from '../settings/client-certificates.js';
import type { TlsFiles } from './tls-files.js';

/** Certificate, key and clients of a listener. */
export interface ListenerTls {
  readonly files: TlsFiles;
  readonly clients: ClientCertificates;
}

/** What `https.createServer()` and `setSecureContext()` take. */
export function serverTls({ files, clients }: ListenerTls) {
  const { cert, key, ca } = files.current;
  const mutual = clients === 'any' ? {} : { ca: [...(ca ?? [])], requestCert: true };
  return {
    ...(cert && { cert }),
    ...(key && { key }),
    minVersion: 'TLSv1.2',
    ...mutual,
    rejectUnauthorized: clients === 'required',
  } satisfies ServerOptions;
}

/**
 * Lets a listener show the certificate of the day. Connections that exist go on with the one they have seen.
 * A certificate that does not verify is worse than none: whoever shows one is not served, `asked` or not.
 */
export function keepTlsCurrent(server: PlainServer, tls: ListenerTls): void {
  const secure = server as Server;
  tls.files.onChange(() => secure.setSecureContext(serverTls(tls)));
  if (tls.clients !== 'asked') return;
  secure.prependListener('secureConnection', (socket: TLSSocket) => {
    if (!socket.authorized && socket.getPeerX509Certificate() !== undefined) socket.destroy();
  });
}
