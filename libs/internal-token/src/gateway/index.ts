export {
  type AccessTokenAlgorithm,
  AccessTokenAuthenticator,
  type AccessTokenCacheOptions,
  type AccessTokenClaimNames,
  type AccessTokenIssuerOptions,
  type AccessTokenOptions,
  type IntrospectionOptions,
} from './authenticate/index.js';
export { EdgeModule } from './edge.module.js';
export type { EdgeOptions } from './edge.options.js';
export type { ForwardingOptions, UpstreamOptions } from './dispatch/forwarding.options.js';
export type { HeaderOptions } from './normalize/header.options.js';
export type { RouteOptions } from './route/route.options.js';
export { EdgePolicy, type EdgePolicyStage, type EdgeRequest } from './authorize/edge-policy.js';
export { type Enrichment, PermissionEnricher } from './authorize/enrichment.js';
export { Forwarder } from './dispatch/forwarder.js';
export { type InternalListener, openInternalListener } from './listeners/internal-listener.js';
export type { InternalListenerOptions } from './listeners/internal-listener.options.js';
export { type IssuanceRecord, IssuanceSink } from './mint/issuance-sink.js';
export type { Principal } from './authenticate/principal.js';
export type { RenewableTls, TlsMaterial } from '../core/index.js';
export { reflectRoutes, type ReflectRoutesOptions, type RouteDefinition } from '../nest/index.js';
export { InternalTokenGatewayModule } from './internal-token-gateway.module.js';
export type { InternalTokenGatewayOptions } from './internal-token-gateway.options.js';
export { InternalTokenIssuer } from './mint/internal-token-issuer.js';
export { JwksController } from './mint/jwks.controller.js';
export { InternalTokenIssuingModule } from './mint/internal-token-issuing.module.js';
export type { InternalTokenIssuingOptions, SigningOptions } from './mint/internal-token-issuing.options.js';
export { type Pkcs11Key, Pkcs11KeyProvider, type Pkcs11Options } from './key-ring/pkcs11/index.js';
export {
  KeyRing,
  type KeyRingEvent,
  type KeyRingOptions,
  type RotationPolicy,
  type SigningKey,
  type SigningKeyInfo,
  type SigningKeyProvider,
  type SigningKeyState,
} from './key-ring/index.js';
export type { MintInput, Signer } from '../core/index.js';
