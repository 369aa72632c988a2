import { invalidRequest, missingToken } from './access-token-refusals.js';

/** RFC 6750 section 2.1; the scheme is case-insensitive (RFC 9110 section 11.1). */
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;
/** Well-formed credentials of another scheme. */
const OTHER_SCHEME = /^(?!bearer )[A-Za-z0-9!#$%&'*+\-.^_`|~]+ +[^\s,][^,]*$/i;

/**
 * The bearer token of a request, or `undefined` if it has no `Authorization` field.
 * Reads the raw field list, since Node's parsed headers keep only the first of several fields.
 * @throws InternalTokenError `invalid_request` (400) for anything but one well-formed field, `access_token_missing`
 * (401) for another scheme
 */
export function readBearerToken(rawHeaders: readonly string[]): string | undefined {
  let value: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name === undefined || name.length !== 13 || name.toLowerCase() !== 'authorization') continue;
    if (value !== undefined) throw invalidRequest('Send exactly one Authorization field.');
    value = rawHeaders[i + 1] ?? '';
  }
  if (value === undefined) return undefined;
  const token = BEARER.exec(value)?.[1];
  if (token !== undefined) return token;
  if (OTHER_SCHEME.test(value)) throw missingToken('the authentication scheme is not Bearer');
  throw invalidRequest('The Authorization field must be "Bearer", a space and one token.');
}
