import { StorageModule } from '@app/storage';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { InternalTokenModule, InternalTokenVerifier } from 'nestjs-internal-token';
import { InternalTokenHttpModule, InternalTokenProblemFilter } from 'nestjs-internal-token/http';
import { InternalTokenLoggingModule } from 'nestjs-internal-token/logging';
import { developmentJwksFile } from './development/development-keys.js';
import { HealthModule } from './health.module.js';
import type { ServiceConfig } from './settings/service-settings.js';
import { internalOriginsOf, spanLogging, storageOf } from './settings/shared-settings.js';
import { knownCallers } from './tls/known-callers.js';
import { TlsFiles } from './tls/tls-files.js';

/** The surroundings of a domain in its own process: it verifies, logs, stores, and holds no private key. */
@Module({})
export class ServiceModule {
  /** @param tls for the key source, and to be closed with the application */
  static with(service: string, domain: DynamicModule, { values }: ServiceConfig, tls?: TlsFiles): DynamicModule {
    const { INTERNAL_TOKEN_JWKS_URI: jwksUri, INTERNAL_TOKEN_JWKS_FILE: jwksFile } = values;
    const seedFile = values.INTERNAL_TOKEN_SEED_FILE;
    const callers = knownCallers(values);
    return {
      module: ServiceModule,
      imports: [
        InternalTokenLoggingModule.forRoot(spanLogging(values)),
        InternalTokenModule.forRoot({
          service,
          trustDomain: values.TRUST_DOMAIN,
          issuer: values.INTERNAL_TOKEN_ISSUER,
          algorithms: [values.INTERNAL_TOKEN_ALGORITHM],
          keys: {
            ...(jwksUri
              ? { jwksUri, allowPlaintext: values.INTERNAL_ALLOW_PLAINTEXT === 'mesh', ...(tls && { tls }) }
              : { jwksFile: jwksFile ?? developmentJwksFile(values.DEV_DIRECTORY) }),
            refreshSeconds: values.INTERNAL_TOKEN_REFRESH_SECONDS,
            ...(seedFile !== undefined && { seedFile }),
          },
          requireScopePolicy: true,
          ...verification(values),
          ...callers.options,
        }),
        InternalTokenHttpModule.forRoot({ internalOrigins: internalOriginsOf(values) }),
        HealthModule.of(InternalTokenVerifier),
        StorageModule.forRoot(storageOf(values)),
        domain,
      ],
      providers: [
        { provide: APP_FILTER, useClass: InternalTokenProblemFilter },
        ...(tls ? [{ provide: TlsFiles, useValue: tls }] : []),
        ...callers.providers,
      ],
    };
  }
}

function verification(values: ServiceConfig['values']) {
  const maxEntries = values.INTERNAL_TOKEN_CACHE_ENTRIES;
  const allowUnverifiedUntil = values.INTERNAL_TOKEN_ALLOW_UNVERIFIED_UNTIL;
  return {
    tokenCache: maxEntries > 0 && { maxEntries },
    mode: values.INTERNAL_TOKEN_MODE,
    ...(allowUnverifiedUntil !== undefined && { allowUnverifiedUntil }),
  };
}
