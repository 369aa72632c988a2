export {
  type AccessTokenAlgorithm,
  AccessTokenAuthenticator,
  type AccessTokenCacheOptions,
  type AccessTokenClaimNames,
  type AccessTokenIssuerOptions,
  type IntrospectionOptions,
} from './access-token/index.js';
export { EdgeAdmission } from './edge.admission.js';
export { EdgeModule } from './edge.module.js';
export type { EdgeOptions } from './edge.options.js';
export { EdgePolicy, type EdgePolicyStage, type EdgeRequest } from './edge.policy.js';
export { type Enrichment, PermissionEnricher } from './enrichment.js';
export { Forwarder } from './forwarder.js';
export { type InternalListener, type InternalListenerOptions, openInternalListener } from './internal-listener.js';
export { type IssuanceRecord, IssuanceSink } from './issuance-sink.js';
export type { Principal } from './principal.js';
export type { RenewableTls, TlsMaterial } from '../core/index.js';
export { RouteTable } from './route-table.js';
