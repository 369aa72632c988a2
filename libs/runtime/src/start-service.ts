import { type DynamicModule, type INestApplicationContext, Logger, type Type } from '@nestjs/common';
import { InternalTokenVerifier } from 'nestjs-internal-token';
import { ServiceModule } from './service.module.js';
import type { ServiceConfig } from './settings/service-settings.js';
import { readTls } from './settings/setting-file.js';
import { runMain, startApplication } from './start-application.js';

export interface ServiceOptions {
  /** Fills an empty database, in development only. */
  readonly seed?: Type<{ run(): Promise<void> }>;
}

/** One domain as a process: all that a service's `main.ts` does. */
export function startService<Config extends ServiceConfig>(
  service: string,
  loadConfig: () => Config,
  domain: (config: Config) => DynamicModule,
  { seed }: ServiceOptions = {},
): Promise<void> {
  return runMain(async () => {
    const config = loadConfig();
    const { values } = config;
    await startApplication(ServiceModule.with(service, domain(config), config), {
      service,
      listener: {
        host: values.HOST,
        port: values.PORT,
        tls: readTls(service, values, 'TLS_CERT_FILE', 'TLS_KEY_FILE'),
      },
      log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT },
      beforeListening: async (app) => {
        if (seed && config.development) await app.get(seed, { strict: false }).run();
      },
      // In development SIGHUP means that the terminal was closed.
      ...(!config.development && { reload: reloadKeys }),
    });
  });
}

/** For a key that was withdrawn in an emergency: `kill -HUP` spares waiting for the next refresh. */
async function reloadKeys(app: INestApplicationContext): Promise<void> {
  const read = await app.get(InternalTokenVerifier, { strict: false }).reloadKeys();
  const logger = new Logger('Reload');
  if (read) logger.log('Keys read anew');
  else logger.error('Keys could not be read anew; those held go on verifying');
}
