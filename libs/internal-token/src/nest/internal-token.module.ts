import { Module, type NestModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { ClsModule } from 'nestjs-cls';
import { InternalTokenVerifier, KeyStore } from '../core/index.js';
import { Application } from './context/application.js';
import { ValidationRecorder } from './audit/validation-recorder.js';
import { CallerAuthentication } from './caller/caller-authentication.js';
import { ClientErrorHandler } from './admission/client-error-handler.js';
import { InternalTokenContext } from './context/internal-token-context.js';
import { InternalTokenErrorFilter } from './guard/internal-token-error.filter.js';
import { InternalTokenGuard } from './guard/internal-token.guard.js';
import {
  ConfigurableModuleClass,
  type InternalTokenOptions,
  MODULE_OPTIONS_TOKEN,
  RESOLVED_OPTIONS,
  type ResolvedOptions,
} from './internal-token.options.js';
import { KeyLoader } from './key-loader.js';
import { MessageHandlers } from './guard/message-handlers.js';
import { RefusalFilter } from './guard/refusal.filter.js';
import { ReplayProtection } from './replay/replay-protection.js';
import { RequestHook } from './admission/request-hook.js';
import { resolveOptions } from './resolve-options.js';
import { RoutePolicies } from './routes/route-policies.js';
import { GracefulShutdown } from './shutdown/graceful-shutdown.js';
import { OpenRequests } from './shutdown/open-requests.js';
import { ShutdownSequence } from './shutdown/shutdown-sequence.js';
import { TokenAdmission } from './admission/token-admission.js';
import { Tracer } from './tracing/tracer.js';
import { UnverifiedRequests } from './policy/unverified-requests.js';
import { Upgrades } from './admission/upgrades.js';
import { WebSocketGateways } from './admission/websocket-gateways.js';

/**
 * Verifies the internal token of every request and makes its claims known to handlers and services. Import it once:
 *
 * ```ts
 * InternalTokenModule.forRoot({
 *   service: 'orders',
 *   trustDomain: 'shop.example',
 *   keys: { jwksUri: 'https://gateway.internal/jwks.json' },
 * })
 * ```
 *
 * It is global, guards every handler, and exports nestjs-cls' `ClsService`, under whose key `internalToken` the
 * context is found.
 */
@Module({
  imports: [ClsModule],
  providers: [
    {
      provide: RESOLVED_OPTIONS,
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: (options: InternalTokenOptions) => resolveOptions(options),
    },
    KeyLoader,
    { provide: KeyStore, inject: [KeyLoader], useFactory: (loader: KeyLoader) => loader.store },
    {
      provide: InternalTokenVerifier,
      inject: [RESOLVED_OPTIONS, KeyStore],
      useFactory: (options: ResolvedOptions, keys: KeyStore) => new InternalTokenVerifier({ ...options, keys }),
    },
    UnverifiedRequests,
    ReplayProtection,
    CallerAuthentication,
    ValidationRecorder,
    TokenAdmission,
    WebSocketGateways,
    MessageHandlers,
    Upgrades,
    ClientErrorHandler,
    OpenRequests,
    ShutdownSequence,
    GracefulShutdown,
    RequestHook,
    RoutePolicies,
    Tracer,
    Application,
    InternalTokenContext,
    InternalTokenGuard,
    // useExisting, so that a test can say overrideProvider(InternalTokenGuard).
    { provide: APP_GUARD, useExisting: InternalTokenGuard },
    InternalTokenErrorFilter,
    { provide: APP_FILTER, useExisting: InternalTokenErrorFilter },
    RefusalFilter,
  ],
  exports: [
    RESOLVED_OPTIONS,
    Application,
    ClientErrorHandler,
    ClsModule,
    GracefulShutdown,
    InternalTokenContext,
    InternalTokenErrorFilter,
    InternalTokenVerifier,
    KeyStore,
    RequestHook,
    ShutdownSequence,
    TokenAdmission,
    Tracer,
  ],
})
export class InternalTokenModule extends ConfigurableModuleClass implements NestModule {
  constructor(private readonly refusals: RefusalFilter) {
    super();
  }

  /** No middleware: it is the last hook before Nest builds handlers, and hands each the filters that are there. */
  configure(): void {
    this.refusals.registerLast();
  }
}
