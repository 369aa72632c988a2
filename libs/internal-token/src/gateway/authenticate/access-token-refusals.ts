import { InternalTokenError } from '../../core/index.js';

/**
 * The same answer for every access token that is not accepted, so that clients do not learn which check it failed.
 * @param reason for the log, as the `cause` of the error; must not contain any part of the token
 */
export function invalidToken(reason: string): InternalTokenError {
  return new InternalTokenError('access_token_invalid', undefined, { cause: reason });
}

/** Other credentials than Bearer get the answer for missing ones (RFC 6750 section 3.1), on public routes too. */
export function missingToken(reason: string): InternalTokenError {
  return new InternalTokenError('access_token_missing', undefined, { cause: reason });
}

export function invalidRequest(detail: string): InternalTokenError {
  return new InternalTokenError('invalid_request', detail);
}

/** @param reason for the log, as the `cause` of the error */
export function providerUnavailable(reason: string): InternalTokenError {
  return new InternalTokenError('identity_provider_unavailable', undefined, { cause: reason });
}
