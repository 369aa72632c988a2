import { type DynamicModule, type INestApplicationContext, Logger, type Type } from '@nestjs/common';
import { InternalTokenVerifier } from 'nestjs-internal-token';
import type { RenewableTls } from 'nestjs-internal-token/http';
import { openDevelopmentDirectory } from './development/open-development-directory.js';
import { ServiceModule } from './service.module.js';
import { developmentLogDirectory, shutdownOf } from './settings/shared-settings.js';
import { refreshWarning, type ServiceConfig } from './settings/service-settings.js';
import { runMain, startApplication } from './start-application.js';
import { internalTls } from './tls/internal-tls.js';

export interface ServiceOptions {
  /** Fills an empty database, in development only. */
  readonly seed?: Type<{ run(): Promise<void> }>;
}

/** One domain as a process: all that a service's `start.ts` does. */
export function startService<Config extends ServiceConfig>(
  service: string,
  loadConfig: () => Config,
  domain: (config: Config, tls?: RenewableTls) => DynamicModule,
  { seed }: ServiceOptions = {},
): Promise<void> {
  return runMain(async () => {
    const config = loadConfig();
    const { values } = config;
    if (usesDevelopmentDirectory(config)) openDevelopmentDirectory(service, values.DEV_DIRECTORY);
    const tls = internalTls(service, values);
    await startApplication(ServiceModule.with(service, domain(config, tls?.files), config, tls?.files), {
      service,
      listener: {
        host: values.HOST,
        port: values.PORT,
        tls: tls?.listener,
        maxBodyBytes: values.MAX_BODY_BYTES,
      },
      shutdown: shutdownOf(values),
      log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT, directory: developmentLogDirectory(config) },
      beforeListening: async (app) => {
        const warning = refreshWarning(values);
        if (warning !== undefined) new Logger('InternalTokenKeys').warn(warning);
        if (seed && config.development) await app.get(seed, { strict: false }).run();
      },
      // In development SIGHUP means that the terminal was closed.
      ...(!config.development && { reload: reloadKeys }),
    });
  });
}

/** The directory for everything whose place is not configured. */
function usesDevelopmentDirectory({ values }: ServiceConfig): boolean {
  const keys = values.INTERNAL_TOKEN_JWKS_URI ?? values.INTERNAL_TOKEN_JWKS_FILE;
  return keys === undefined || values.DATABASE_URL === undefined;
}

/** For a key that was withdrawn in an emergency: `kill -HUP` reloads the keys without waiting for the next refresh. */
async function reloadKeys(app: INestApplicationContext): Promise<void> {
  const read = await app.get(InternalTokenVerifier, { strict: false }).reloadKeys();
  const logger = new Logger('Reload');
  if (read) logger.log('Keys reloaded');
  else logger.error('Keys could not be reloaded; the current ones still verify tokens');
}
