import type { DynamicModule, Type } from '@nestjs/common';
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
    });
  });
}
