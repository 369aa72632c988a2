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
 * Makes a listener use the current certificate; existing connections keep the one that they began with.
 * A client certificate that does not verify is worse than none: such a client is not served, even with `asked`.
 */
export function keepTlsCurrent(server: PlainServer, tls: ListenerTls): void {
  const secure = server as Server;
  tls.files.onChange(() => secure.setSecureContext(serverTls(tls)));
  if (tls.clients !== 'asked') return;
  secure.prependListener('secureConnection', (socket: TLSSocket) => {
    if (!socket.authorized && socket.getPeerX509Certificate() !== undefined) socket.destroy();
  });
}
