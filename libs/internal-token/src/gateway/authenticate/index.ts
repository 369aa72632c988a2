export type {
  AccessTokenAlgorithm,
  AccessTokenClaimNames,
  AccessTokenIssuerOptions,
  IntrospectionOptions,
} from './access-token-issuer.options.js';
export { AccessTokenAuthenticator, type AccessTokenAuthenticatorOptions } from './access-token-authenticator.js';
export type { AccessTokenCacheOptions, AccessTokenOptions } from './access-token.options.js';
