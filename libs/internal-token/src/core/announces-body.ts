import type { IncomingMessage } from 'node:http';

/** True if a body follows the head (RFC 9112 section 6.3), whether or not any of it has arrived. */
export function announcesBody({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
