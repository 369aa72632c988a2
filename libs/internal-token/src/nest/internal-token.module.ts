import { ConfigurableModuleBuilder, type DynamicModule, Module, type NestModule, type Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, ModulesContainer } from '@nestjs/core';
import { ClsModule } from 'nestjs-cls';
import { InternalTokenError, InternalTokenVerifier, KeyStore } from '../core/index.js';
import { assertImportedOnce } from './assert-imported-once.js';
import { Application } from './context/application.js';
import { ValidationRecorder } from './audit/validation-recorder.js';
import { CallerAuthentication } from './caller/caller-authentication.js';
import { ClientErrorHandler } from './admission/client-error-handler.js';
import { InternalTokenContext } from './context/internal-token-context.js';
import { assertOnlyGuard, isGuardClass } from './guard/assert-only-guard.js';
import { InternalTokenErrorFilter } from './guard/internal-token-error.filter.js';
import { InternalTokenGuard } from './guard/internal-token.guard.js';
import {
  type InternalTokenOptions,
  RESOLVED_OPTIONS,
  type ResolvedOptions,
  resolveOptions,
} from './internal-token.options.js';
import { KeyLoader } from './key-loader.js';
import { MessageHandlers } from './guard/message-handlers.js';
import { RefusalFilter } from './guard/refusal.filter.js';
import { ReplayProtection } from './replay/replay-protection.js';
import { RequestHook } from './admission/request-hook.js';
import { ApplicationRoutes } from './routes/application-routes.js';
import { RoutePolicies } from './routes/route-policies.js';
import { TokenExemptions } from './routes/token-exemptions.js';
import { GracefulShutdown } from './shutdown/graceful-shutdown.js';
import { OpenRequests } from './admission/open-requests.js';
import { ShutdownSequence } from './shutdown/shutdown-sequence.js';
import { ServicePipeline } from './service-pipeline.js';
import { Tracer } from './tracing/tracer.js';
import { UnverifiedRequests } from './policy/unverified-requests.js';
import { Upgrades } from './admission/upgrades.js';
import { WebSocketGateways } from './admission/websocket-gateways.js';

/** What `forRoot()` and `forRootAsync()` take beside the options. */
export interface InternalTokenExtras {
  /**
   * A subclass of `InternalTokenGuard` that runs in its place. What it injects is global, or comes with the `imports` of
   * `forRootAsync()`.
   */
  readonly guard?: Type<InternalTokenGuard>;
}

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<InternalTokenOptions>({
  moduleName: 'InternalToken',
})
  .setClassMethodName('forRoot')
  .setExtras<InternalTokenExtras>({ guard: InternalTokenGuard }, withGuard)
  .build();

function withGuard(definition: DynamicModule, { guard }: InternalTokenExtras): DynamicModule {
  if (!isGuardClass(guard)) {
    throw new InternalTokenError(
      'configuration_invalid',
      'InternalTokenModule: "guard" is not a subclass of InternalTokenGuard; give one, or leave it out.',
    );
  }
  const providers = [...(definition.providers ?? []), { provide: InternalTokenGuard, useClass: guard }];
  return { ...definition, providers, global: true };
}

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
      useFactory: resolveOptions,
    },
    KeyLoader,
    { provide: KeyStore, inject: [KeyLoader], useFactory: (loader: KeyLoader) => loader.store },
    {
      provide: InternalTokenVerifier,
      inject: [RESOLVED_OPTIONS, KeyStore],
      useFactory: createVerifier,
    },
    UnverifiedRequests,
    ReplayProtection,
    CallerAuthentication,
    ValidationRecorder,
    ServicePipeline,
    WebSocketGateways,
    MessageHandlers,
    Upgrades,
    ClientErrorHandler,
    OpenRequests,
    ShutdownSequence,
    GracefulShutdown,
    RequestHook,
    ApplicationRoutes,
    TokenExemptions,
    RoutePolicies,
    Tracer,
    Application,
    InternalTokenContext,
    // useExisting, so that overrideInternalToken() finds it.
    { provide: APP_GUARD, useExisting: InternalTokenGuard },
    InternalTokenErrorFilter,
    { provide: APP_FILTER, useExisting: InternalTokenErrorFilter },
    RefusalFilter,
  ],
  exports: [
    RESOLVED_OPTIONS,
    Application,
    ApplicationRoutes,
    ClientErrorHandler,
    ClsModule,
    GracefulShutdown,
    InternalTokenContext,
    InternalTokenErrorFilter,
    InternalTokenVerifier,
    KeyStore,
    RequestHook,
    ServicePipeline,
    ShutdownSequence,
    Tracer,
    // What a guard that another module provides asks for: it must be created before it can be refused by name.
    CallerAuthentication,
    MessageHandlers,
    ReplayProtection,
    UnverifiedRequests,
  ],
})
export class InternalTokenModule extends ConfigurableModuleClass implements NestModule {
  /** @throws InternalTokenError `configuration_invalid` if it is imported twice, or another module provides a guard like ours */
  constructor(
    private readonly refusals: RefusalFilter,
    modules: ModulesContainer,
  ) {
    super();
    assertImportedOnce(modules, InternalTokenModule);
    assertOnlyGuard(modules, InternalTokenModule);
  }

  /** No middleware: it is the last hook before Nest builds handlers, and hands each the filters that are there. */
  configure(): void {
    this.refusals.registerLast();
  }
}

function createVerifier(options: ResolvedOptions, keys: KeyStore): InternalTokenVerifier {
  const { trustDomain, issuer, algorithms, leewaySeconds, maxLifetimeSeconds, customClaims, tokenCache } = options;
  return new InternalTokenVerifier({
    trustDomain,
    issuer,
    algorithms,
    leewaySeconds,
    maxLifetimeSeconds,
    tokenCache,
    keys,
    ...(customClaims !== undefined && { customClaims }),
  });
}
