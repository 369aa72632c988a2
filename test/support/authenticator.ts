import { Logger } from '@nestjs/common';
import {
  AccessTokenAuthenticator,
  type AccessTokenAuthenticatorOptions,
  type AccessTokenIssuerOptions,
} from '../../libs/internal-token/src/gateway/authenticate/index.js';
import { type AccessTokenIssuer, AUDIENCE } from './access-token-issuer.js';
import { refusalOf } from './refusals.js';

Logger.overrideLogger(false);

/** An authenticator that trusts this issuer's key set and has loaded it. */
export async function authenticatorFor(
  issuer: AccessTokenIssuer,
  changes: Partial<AccessTokenIssuerOptions> = {},
  options: Partial<AccessTokenAuthenticatorOptions> = {},
): Promise<AccessTokenAuthenticator> {
  return started([{ issuer: issuer.url, audience: AUDIENCE, jwksUri: `${issuer.url}/jwks`, ...changes }], options);
}

export async function started(
  issuers: readonly AccessTokenIssuerOptions[],
  options: Partial<AccessTokenAuthenticatorOptions> = {},
): Promise<AccessTokenAuthenticator> {
  const authenticator = new AccessTokenAuthenticator({ issuers, allowInsecureLoopback: true, ...options });
  await authenticator.start();
  return authenticator;
}

export function bearer(token: string): readonly string[] {
  return ['Host', 'gateway.test', 'Authorization', `Bearer ${token}`];
}

/** The code with which a token is refused. */
export async function codeOf(authenticator: AccessTokenAuthenticator, token: string): Promise<string> {
  return (await refusalOf(() => authenticator.authenticate(bearer(token)))).code;
}

/** The reason that is logged when a token is refused. */
export async function reasonOf(authenticator: AccessTokenAuthenticator, token: string): Promise<string> {
  const refusal = await refusalOf(() => authenticator.authenticate(bearer(token)));
  expect(refusal.code).toBe('access_token_invalid');
  return String(refusal.cause);
}
