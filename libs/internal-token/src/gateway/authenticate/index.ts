export type {
  AccessTokenAlgorithm,
  AccessTokenClaimNames,
  AccessTokenIssuerOptions,
  IntrospectionOptions,
} from './access-token-issuer.options.js';
export {
  AccessTokenAuthenticator,
  type AccessTokenAuthenticatorOptions,
  type AccessTokenCacheOptions,
} from './access-token-authenticator.js';
