export {
  type CustomClaims,
  encodedToken,
  type InternalTokenClaims,
  InternalTokenError,
  type InternalTokenErrorCode,
  InternalTokenVerifier,
  isVerified,
  type KeySource,
  type VerifiedClaims,
} from '../core/index.js';
export { announceRequest } from './announce-request.js';
export { AnyScope } from './any-scope.decorator.js';
export { Application } from './application.js';
export { type ValidationRecord, ValidationSink } from './audit/validation.sink.js';
export { CallerAuthenticator, type CallerRequest } from './caller/caller.authenticator.js';
export { CallerCredentials, type CallToProve } from './caller/caller.credentials.js';
export { RequireCaller } from './caller/require-caller.decorator.js';
export { ClientErrorHandler } from './client-error-handler.js';
export { type ForeignTracing, foreignTracing, joinForeignTracing } from './foreign-tracing.js';
export { InternalClaims } from './internal-claims.decorator.js';
export { InternalTokenContext } from './internal-token.context.js';
export { InternalTokenErrorFilter } from './internal-token-error.filter.js';
export { InternalTokenGuard } from './internal-token.guard.js';
export { InternalTokenModule } from './internal-token.module.js';
export {
  type InternalTokenKeys,
  type InternalTokenOptions,
  RESOLVED_OPTIONS,
  type ResolvedOptions,
} from './internal-token.options.js';
export { currentStore, INTERNAL_TOKEN_STORE, type InternalTokenStore } from './internal-token.store.js';
export { NoInternalToken } from './no-internal-token.decorator.js';
export { NoReplay } from './no-replay.decorator.js';
export { providedOnce } from './provided-once.js';
export { Public } from './public.decorator.js';
export { reflectRoutes, type RouteDefinition } from './reflect-routes.js';
export { firstUse } from './replay/first-use.js';
export { MemoryReplayStore } from './replay/memory.replay-store.js';
export { type RedisClient, RedisReplayStore, type RedisReplayStoreOptions } from './replay/redis.replay-store.js';
export { ReplayStore } from './replay/replay.store.js';
export { type AdmissionRequest, RequestAdmission } from './request.admission.js';
export { CLIENT_CLOSED_REQUEST, RequestHook } from './request.hook.js';
export { RequirePermissions } from './require-permissions.decorator.js';
export { RequireScope } from './require-scope.decorator.js';
export { DrainingServer } from './shutdown/draining-server.js';
export { enableGracefulShutdown } from './shutdown/enable-graceful-shutdown.js';
export { GracefulShutdown } from './shutdown/graceful-shutdown.js';
export type { GracefulShutdownOptions } from './shutdown/graceful-shutdown.options.js';
export { ShutdownSequence } from './shutdown/shutdown-sequence.js';
export type { Span, SpanRecord, SpanSpec } from './span.js';
export { TokenAdmission } from './token.admission.js';
export { TokenMode } from './token-mode.decorator.js';
export { Tracer } from './tracer.js';
export { matchingParent } from './traceparent.js';
