import { InternalTokenError } from '../errors.js';

/** The request field that carries the token, in lower case. */
export const TXN_TOKEN_HEADER = 'txn-token';

/**
 * Reads the only token of a request. Takes `rawHeaders`, since the parsed headers have duplicates joined or dropped.
 * @throws InternalTokenError `txn_missing`, `txn_multiple`
 */
export function readTokenHeader(rawHeaders: readonly string[]): string {
  let token: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name?.length !== TXN_TOKEN_HEADER.length || name.toLowerCase() !== TXN_TOKEN_HEADER) continue;
    if (token !== undefined) throw new InternalTokenError('txn_multiple');
    token = rawHeaders[i + 1] ?? '';
  }
  if (token === undefined) throw new InternalTokenError('txn_missing');
  if (token.includes(',')) throw new InternalTokenError('txn_multiple');
  return token;
}
