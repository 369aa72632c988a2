import {
  type ConfigurableModuleAsyncOptions,
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Server } from 'node:http';
import { type InternalTokenExtras, InternalTokenModule, type InternalTokenOptions } from '../nest/index.js';
import { EdgeModule } from './edge.module.js';
import type { EdgeOptions } from './edge.options.js';
import {
  ConfigurableModuleClass,
  GATEWAY_OPTIONS,
  type InternalTokenGatewayOptions,
} from './internal-token-gateway.options.js';
import { InternalListeners } from './listeners/internal-listener.js';
import { InternalTokenIssuer } from './mint/internal-token-issuer.js';
import { InternalTokenIssuingModule } from './mint/internal-token-issuing.module.js';
import type { InternalTokenIssuingOptions } from './mint/internal-token-issuing.options.js';
import { JwksController } from './mint/jwks.controller.js';
import type { SecretOptions } from './mint/secret-options.js';

type Options = SecretOptions<InternalTokenGatewayOptions>;

/** Seconds between two looks at the own ring: they cost nothing, so a withdrawn key is refused here almost at once. */
const OWN_KEYS_REFRESH_SECONDS = 5;

@Module({})
class GatewayOptionsModule extends ConfigurableModuleClass {}

/**
 * A whole gateway: authenticates public requests, mints one internal token for each, forwards to the domains that run
 * elsewhere, verifies the tokens that come back, publishes the key set, and opens the internal listener.
 *
 * ```ts
 * InternalTokenGatewayModule.forRoot({
 *   trustDomain: 'shop.example',
 *   signing: { key: privateKeyPem },
 *   issuers: [{ issuer: 'https://login.example', audience: 'https://api.example', discovery: true }],
 *   routes: reflectRoutes([OrdersController], 'orders'),
 *   upstreams: { orders: 'http://127.0.0.1:3003' },
 *   internalListener: { host: '127.0.0.1', port: 3100 },
 * })
 * ```
 *
 * `InternalTokenIssuingModule`, `InternalTokenModule` and `EdgeModule` are its parts, for gateways that differ.
 */
@Module({})
export class InternalTokenGatewayModule implements OnApplicationBootstrap {
  constructor(
    @Inject(GATEWAY_OPTIONS) private readonly options: Options,
    private readonly listeners: InternalListeners,
    private readonly host: HttpAdapterHost,
  ) {}

  /** @throws InternalTokenError `configuration_invalid` at the start, naming the option and the fix */
  static forRoot({ guard, ...options }: InternalTokenGatewayOptions & InternalTokenExtras): DynamicModule {
    return compose(GatewayOptionsModule.forRoot(options), guard && { guard });
  }

  static forRootAsync({
    guard,
    ...options
  }: ConfigurableModuleAsyncOptions<InternalTokenGatewayOptions> & InternalTokenExtras): DynamicModule {
    return compose(GatewayOptionsModule.forRootAsync(options), guard && { guard });
  }

  async onApplicationBootstrap(): Promise<void> {
    const { internalListener } = this.options.open();
    if (internalListener === undefined) return;
    await this.listeners.listen(this.host.httpAdapter.getHttpServer() as Server, internalListener);
  }
}

function compose(options: DynamicModule, extras: InternalTokenExtras = {}): DynamicModule {
  const issuing = InternalTokenIssuingModule.forIssuingAsync({
    imports: [options],
    inject: [GATEWAY_OPTIONS],
    useFactory: (given: Options) => issuingOptions(given.open()),
  });
  return {
    module: InternalTokenGatewayModule,
    imports: [
      options,
      issuing,
      InternalTokenModule.forRootAsync({
        ...extras,
        imports: [...(options.imports ?? []), options, issuing],
        inject: [GATEWAY_OPTIONS, InternalTokenIssuer],
        useFactory: (given: Options, issuer: InternalTokenIssuer) => verifyingOptions(given.open(), issuer),
      }),
      EdgeModule.forRootAsync({
        imports: [options],
        inject: [GATEWAY_OPTIONS],
        useFactory: (given: Options) => edgeOptions(given.open()),
      }),
    ],
    controllers: [JwksController],
    exports: [issuing],
  };
}

function issuingOptions(options: InternalTokenGatewayOptions): InternalTokenIssuingOptions {
  const { trustDomain, issuer, lifetimeSeconds, customClaims, service = 'gateway', signing } = options;
  return {
    trustDomain,
    workload: service,
    ...(issuer !== undefined && { issuer }),
    ...(lifetimeSeconds !== undefined && { lifetimeSeconds }),
    ...(customClaims !== undefined && { customClaims }),
    ...signing,
  };
}

function verifyingOptions(options: InternalTokenGatewayOptions, issuer: InternalTokenIssuer): InternalTokenOptions {
  const { trustDomain, issuer: iss, customClaims, service = 'gateway', verifying } = options;
  return {
    refreshSeconds: OWN_KEYS_REFRESH_SECONDS,
    ...(customClaims !== undefined && { customClaims }),
    ...verifying,
    service,
    trustDomain,
    ...(iss !== undefined && { issuer: iss }),
    keys: issuer.keys,
  };
}

function edgeOptions(options: InternalTokenGatewayOptions): EdgeOptions {
  const { service: _1, trustDomain: _2, issuer: _3, lifetimeSeconds: _4, customClaims: _5, ...rest } = options;
  const { signing: _6, internalListener: _7, verifying: _8, ...edge } = rest;
  return edge;
}
