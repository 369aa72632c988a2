import type { InternalTokenError, InternalTokenErrorCode } from '../../core/index.js';

/** OAuth's error names for our refusals (RFC 6750 section 3.1); a request without credentials gets none. */
const OAUTH_ERRORS: Partial<Record<InternalTokenErrorCode, string>> = {
  access_token_invalid: 'invalid_token',
  insufficient_scope: 'insufficient_scope',
  invalid_request: 'invalid_request',
};

/** The `WWW-Authenticate` value for a refused access token (RFC 6750 section 3). It reveals no more than the code. */
export function accessChallenge(error: InternalTokenError, realm: string): string | undefined {
  const scheme = `Bearer realm="${realm.replace(/["\\]/g, '\\$&')}"`;
  if (error.code === 'access_token_missing') return scheme;
  const name = OAUTH_ERRORS[error.code];
  return name === undefined ? undefined : `${scheme}, error="${name}"`;
}
