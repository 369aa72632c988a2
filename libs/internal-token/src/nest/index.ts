export {
  type CustomClaims,
  encodedToken,
  type InternalTokenClaims,
  InternalTokenError,
  type InternalTokenErrorCode,
  InternalTokenVerifier,
  isVerified,
  type KeyOptions,
  type KeySource,
  type VerifiedClaims,
} from '../core/index.js';
export { describeException, type ProblemError } from './describe-exception.js';
export { emitRequestEvent } from './admission/emit-request-event.js';
export { AnyScope } from './decorators/any-scope.decorator.js';
export { Application } from './context/application.js';
export { type ValidationRecord, ValidationSink } from './audit/validation-sink.js';
export { CallerAuthenticator, type CallerRequest } from './caller/caller-authenticator.js';
export { CallerCredentials, type CallToProve } from './caller/caller-credentials.js';
export { RequireCaller } from './decorators/require-caller.decorator.js';
export { ClientErrorHandler } from './admission/client-error-handler.js';
export { type TracingBridge, tracingBridge, joinTracingBridge } from './tracing/tracing-bridge.js';
export type { HandlerPolicy } from './policy/handler-policy.js';
export { InternalClaims } from './decorators/internal-claims.decorator.js';
export { InternalTokenContext } from './context/internal-token-context.js';
export { InternalTokenErrorFilter } from './guard/internal-token-error.filter.js';
export { InternalTokenGuard } from './guard/internal-token.guard.js';
export { type InternalTokenExtras, InternalTokenModule } from './internal-token.module.js';
export {
  checkEnforcement,
  INTERNAL_TOKEN_CHECKS,
  type InternalTokenOptions,
  RESOLVED_OPTIONS,
  type ResolvedOptions,
} from './internal-token.options.js';
export {
  currentStore,
  enterCls,
  INTERNAL_TOKEN_STORE,
  type InternalTokenStore,
} from './context/internal-token-store.js';
export { NoInternalToken } from './decorators/no-internal-token.decorator.js';
export { NoReplay } from './decorators/no-replay.decorator.js';
export { findProviders, findSingleProvider } from './find-providers.js';
export { Public } from './decorators/public.decorator.js';
export { ApplicationRoutes, type RegisteredRoute } from './routes/application-routes.js';
export { OpenPaths, openPathsOption } from './routes/open-paths.js';
export { EXACT_RULES } from './routes/path-rules.js';
export {
  type HandlerRoute,
  reflectRoutes,
  type ReflectRoutesOptions,
  type RouteDefinition,
} from './routes/reflect-routes.js';
export { type RequestTraits, versionsIn } from './routes/route-conditions.js';
export { RouteTable } from './routes/route-table.js';
export { firstUse } from './replay/first-use.js';
export { MemoryReplayStore } from './replay/memory-replay-store.js';
export { type RedisClient, RedisReplayStore, type RedisReplayStoreOptions } from './replay/redis-replay-store.js';
export { ReplayStore } from './replay/replay-store.js';
export { RequestHook } from './admission/request-hook.js';
export { RequestPipeline, runSteps, type Step } from './admission/request-pipeline.js';
export { sendRefusal } from './admission/send-refusal.js';
export { CLIENT_CLOSED_REQUEST, recordOf, RequestRecord } from './context/request-record.js';
export { ServicePipeline } from './service-pipeline.js';
export { RequirePermissions } from './decorators/require-permissions.decorator.js';
export { RequireScope } from './decorators/require-scope.decorator.js';
export { DrainingServer } from './shutdown/draining-server.js';
export { GracefulShutdown } from './shutdown/graceful-shutdown.js';
export type { GracefulShutdownOptions } from './shutdown/graceful-shutdown.options.js';
export { ShutdownSequence } from './shutdown/shutdown-sequence.js';
export type { Span, SpanRecord, SpanSpec } from './context/span.js';
export { EnforcementMode } from './decorators/enforcement-mode.decorator.js';
export { Tracer } from './tracing/tracer.js';
export { parentOfTrace } from './tracing/parent-of-trace.js';
