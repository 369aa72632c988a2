import { PortsModule } from '@app/ports';
import {
  HealthController,
  HealthModule,
  internalOriginsOf,
  type InternalTls,
  knownCallers,
  spanLogging,
  TlsFiles,
} from '@app/runtime';
import { StorageModule, type StorageOptions } from '@app/storage';
import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { InternalTokenModule, InternalTokenVerifier } from 'nestjs-internal-token';
import {
  AccessTokenAuthenticator,
  type AccessTokenIssuerOptions,
  EdgeModule,
  InternalTokenIssuer,
  InternalTokenIssuingModule,
  JwksController,
  reflectRoutes,
  type SigningOptions,
} from 'nestjs-internal-token/gateway';
import { InternalTokenHttpModule, InternalTokenProblemFilter } from 'nestjs-internal-token/http';
import { InternalTokenLoggingModule } from 'nestjs-internal-token/logging';
import { DOMAINS, placeDomains } from './domains.js';
import type { GatewayConfig } from './gateway-config.js';
import { MeController } from './me.controller.js';

/** The resources that the configuration names by file or leaves to development, opened. */
export interface GatewayResources {
  readonly signing: SigningOptions;
  readonly issuers: readonly AccessTokenIssuerOptions[];
  readonly storage: StorageOptions;
  /** How this process speaks TLS with the others. */
  readonly tls?: InternalTls | undefined;
  /** The live page of development. */
  readonly devPage?: DynamicModule | undefined;
  /** The development identity provider, to be closed with the application. */
  readonly identityProvider?: OnApplicationShutdown;
}

@Module({})
export class GatewayModule {
  static with({ values, development }: GatewayConfig, resources: GatewayResources): DynamicModule {
    const trust = { trustDomain: values.TRUST_DOMAIN, issuer: values.INTERNAL_TOKEN_ISSUER };
    const algorithm = values.INTERNAL_TOKEN_ALGORITHM;
    const { local, remote } = placeDomains(values);
    const tls = resources.tls?.files;
    const callers = knownCallers(values);
    const issuing = InternalTokenIssuingModule.forIssuing({
      ...trust,
      lifetimeSeconds: values.INTERNAL_TOKEN_TTL_SECONDS,
      signing: resources.signing,
    });
    const own = [MeController, JwksController];
    return {
      module: GatewayModule,
      imports: [
        InternalTokenLoggingModule.forRoot(spanLogging(values)),
        issuing,
        // Tokens on the internal listener were issued here, so this process is the key source.
        InternalTokenModule.forRootAsync({
          imports: [issuing],
          inject: [InternalTokenIssuer],
          useFactory: (issuer: InternalTokenIssuer) => ({
            ...trust,
            service: 'gateway',
            algorithms: [algorithm],
            // Refreshing from this process costs nothing, so refuse a withdrawn key after seconds instead of minutes.
            keys: { ...issuer.keys, refreshSeconds: 5 },
            requireScopePolicy: true,
            ...callers.options,
          }),
        }),
        EdgeModule.forRoot({
          routes: {
            table: [
              ...reflectRoutes([...own, HealthController], 'gateway'),
              ...DOMAINS.flatMap(({ controllers, name }) => reflectRoutes(controllers, name)),
            ],
          },
          accessTokens: { issuers: resources.issuers, allowInsecureLoopback: development },
          headers: {
            trustedProxies: values.TRUSTED_PROXIES,
            strip: values.STRIP_HEADERS,
            keep: values.KEEP_HEADERS,
            ...(values.PUBLIC_HOSTS && { publicHosts: values.PUBLIC_HOSTS }),
          },
          forwarding: {
            upstreams: Object.fromEntries(remote.map(({ name, at }) => [name, { origin: at, ...(tls && { tls }) }])),
            ...(values.MAX_FORWARDED_BYTES !== undefined && { maxBodyBytes: values.MAX_FORWARDED_BYTES }),
          },
        }),
        InternalTokenHttpModule.forRoot({ internalOrigins: internalOriginsOf(values) }),
        HealthModule.of(InternalTokenVerifier, AccessTokenAuthenticator),
        StorageModule.forRoot(resources.storage),
        ...(resources.devPage ? [resources.devPage] : []),
        PortsModule.with({ local, remote: remote.map(({ port, at }) => ({ port, url: at })), tls }),
      ],
      controllers: own,
      providers: [
        { provide: APP_FILTER, useClass: InternalTokenProblemFilter },
        // Nest calls the shutdown hook of every provider, even of a plain value.
        { provide: 'IDENTITY_PROVIDER', useValue: resources.identityProvider ?? {} },
        ...(tls ? [{ provide: TlsFiles, useValue: tls }] : []),
        ...callers.providers,
      ],
    };
  }
}
