import type { InternalTokenError, InternalTokenErrorCode } from '../../core/index.js';

/** OAuth's names for our refusals (RFC 6750 section 3.1); without credentials there is nothing to name. */
const OAUTH_ERRORS: Partial<Record<InternalTokenErrorCode, string>> = {
  access_token_invalid: 'invalid_token',
  insufficient_scope: 'insufficient_scope',
  invalid_request: 'invalid_request',
};

/** The `WWW-Authenticate` value of a refused access token (RFC 6750 section 3). It says no more than the code. */
export function accessChallenge(error: InternalTokenError, realm: string): string | undefined {
  const scheme = `Bearer realm="${realm.replace(/["\\]/g, '\\$&')}"`;
  if (error.code === 'access_token_missing') return scheme;
  const name = OAUTH_ERRORS[error.code];
  return name === undefined ? undefined : `${scheme}, error="${name}"`;
}
