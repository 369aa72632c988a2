import type { IncomingMessage } from 'node:http';
import { InternalTokenError } from '../core/index.js';

/**
 * Refuses what Node's parser lets pass and what another program on the way may have read differently: a transfer
 * coding in an HTTP/1.0 message, codings other than one `chunked`, two `Host` fields or none (RFC 9112 sections 3.2 and 6.1).
 * The connection is closed after such a request: nobody knows where the next one starts.
 * @throws InternalTokenError `invalid_request` (400)
 */
export function checkFraming(request: IncomingMessage): void {
  const coding = request.headers['transfer-encoding'];
  if (coding !== undefined) {
    if (request.httpVersionMajor === 1 && request.httpVersionMinor === 0) {
      throw unclear('HTTP/1.0 has no Transfer-Encoding.');
    }
    if (coding.toLowerCase() !== 'chunked') throw unclear('The only accepted Transfer-Encoding is one "chunked".');
    if (request.headers['content-length'] !== undefined) throw unclear('Two fields say how long the body is.');
  }
  const named = hosts(request.rawHeaders);
  if (named > 1 || (named === 0 && request.httpVersionMinor !== 0))
    throw unclear('There must be exactly one Host field.');
}

function hosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') count++;
  }
  return count;
}

function unclear(detail: string): InternalTokenError {
  return new InternalTokenError('invalid_request', detail);
}

/** What the request asks to leave HTTP/1.1 for (`websocket`, `h2c`), in lower case. Read it before hygiene removes the field. */
export function askedProtocol(request: IncomingMessage): string | undefined {
  return request.headers.upgrade?.toLowerCase();
}
