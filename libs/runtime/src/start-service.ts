import type { Type } from '@nestjs/common';
import { ServiceModule } from './service.module.js';
import type { ServiceConfig } from './settings/service-settings.js';
import { runMain, startApplication } from './start-application.js';

/** One domain as a process: all that a service's `main.ts` does. */
export function startService(service: string, domain: Type, loadConfig: () => ServiceConfig): Promise<void> {
  return runMain(async () => {
    const config = loadConfig();
    const { values } = config;
    await startApplication(ServiceModule.with(service, domain, config), {
      service,
      listener: {
        host: values.HOST,
        port: values.PORT,
        certificateFile: values.TLS_CERT_FILE,
        keyFile: values.TLS_KEY_FILE,
      },
      log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT },
    });
  });
}
