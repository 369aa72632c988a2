import type { IncomingMessage } from 'node:http';
import { InternalTokenError } from '../../core/index.js';
import type { RequestRecord } from '../../nest/index.js';

/** Matches as Node's parser does. */
const CONTINUE = /(?:^|\W)100-continue(?:$|\W)/i;

/**
 * Refuses what Node's parser accepts but another program on the way may have read differently: another version of HTTP,
 * a transfer coding in an HTTP/1.0 message, codings other than one `chunked`, two `Host` fields or none, unknown
 * expectations (RFC 9112 sections 2.3, 3.2 and 6.1, RFC 9110 section 10.1.1). The connection is closed after such a
 * request, since it is unclear where the next one starts.
 * @throws InternalTokenError `invalid_request` (400, 417, 505)
 */
export function checkHead({ raw, response }: Pick<RequestRecord, 'raw'> & Partial<RequestRecord>): void {
  try {
    checkVersion(raw);
    checkFraming(raw);
  } catch (error) {
    response?.setHeader('Connection', 'close');
    throw error;
  }
}

function checkVersion({ httpVersion, headers: { expect } }: IncomingMessage): void {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') {
    throw unclear(`Use HTTP/1.1; HTTP/${httpVersion} is not supported.`, 505);
  }
  // In HTTP/1.0 the field has no meaning.
  if (expect !== undefined && httpVersion === '1.1' && !CONTINUE.test(expect)) {
    throw unclear('The only accepted expectation is 100-continue.', 417);
  }
}

function checkFraming(request: IncomingMessage): void {
  const coding = request.headers['transfer-encoding'];
  if (coding !== undefined) {
    if (request.httpVersionMajor === 1 && request.httpVersionMinor === 0) {
      throw unclear('HTTP/1.0 has no Transfer-Encoding.');
    }
    if (coding.toLowerCase() !== 'chunked') throw unclear('The only accepted Transfer-Encoding is one "chunked".');
    if (request.headers['content-length'] !== undefined)
      throw unclear('Send either Content-Length or Transfer-Encoding, not both.');
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

function unclear(detail: string, status = 400): InternalTokenError {
  return new InternalTokenError('invalid_request', detail, { status });
}
