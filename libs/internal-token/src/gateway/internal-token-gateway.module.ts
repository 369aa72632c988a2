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
 *   accessTokens: {
 *     issuers: [{ issuer: 'https://login.example', audience: 'https://api.example', discovery: true }],
 *   },
 *   routes: { table: reflectRoutes([OrdersController], 'orders') },
 *   forwarding: { upstreams: { orders: { origin: 'http://127.0.0.1:3003' } } },
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

function compose(optionsModule: DynamicModule, extras: InternalTokenExtras = {}): DynamicModule {
  const issuing = InternalTokenIssuingModule.forIssuingAsync({
    imports: [optionsModule],
    inject: [GATEWAY_OPTIONS],
    useFactory: (options: Options) => issuingOptions(options.open()),
  });
  return {
    module: InternalTokenGatewayModule,
    imports: [
      optionsModule,
      issuing,
      InternalTokenModule.forRootAsync({
        ...extras,
        imports: [...(optionsModule.imports ?? []), optionsModule, issuing],
        inject: [GATEWAY_OPTIONS, InternalTokenIssuer],
        useFactory: (options: Options, issuer: InternalTokenIssuer) => verifyingOptions(options.open(), issuer),
      }),
      EdgeModule.forRootAsync({
        imports: [optionsModule],
        inject: [GATEWAY_OPTIONS],
        useFactory: (options: Options) => edgeOptions(options.open()),
      }),
    ],
    controllers: [JwksController],
    exports: [issuing],
  };
}

function issuingOptions({
  trustDomain,
  signing,
  ...options
}: InternalTokenGatewayOptions): InternalTokenIssuingOptions {
  return { trustDomain, signing, ...given(options, 'issuer', 'service', 'lifetimeSeconds', 'customClaims') };
}

function verifyingOptions(options: InternalTokenGatewayOptions, { keys }: InternalTokenIssuer): InternalTokenOptions {
  const { trustDomain, service = 'gateway', verifying } = options;
  return {
    ...verifying,
    ...given(options, 'issuer', 'customClaims'),
    service,
    trustDomain,
    keys: { ...keys, refreshSeconds: OWN_KEYS_REFRESH_SECONDS },
  };
}

function edgeOptions({ routes, accessTokens, ...options }: InternalTokenGatewayOptions): EdgeOptions {
  return { routes, accessTokens, ...given(options, 'headers', 'forwarding', 'enrichmentTimeoutMs') };
}

/** The options of these names, as far as they were given. */
function given<T extends object, Name extends keyof T>(options: T, ...names: readonly Name[]): Pick<T, Name> {
  const entries = names.map((name) => [name, options[name]] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Pick<T, Name>;
}
