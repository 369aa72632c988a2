import { readTls, runMain, startApplication } from '@app/runtime';
import { openInternalListener } from 'nestjs-internal-token/edge';
import { prepareDevelopment, printNextSteps, printStart } from './development.js';
import { loadGatewayConfig } from './gateway.config.js';
import { GatewayModule } from './gateway.module.js';
import { openResources } from './resources.js';

await runMain(async () => {
  const config = loadGatewayConfig();
  const { values, development } = config;
  const forPeople = development && values.LOG_FORMAT === 'pretty';
  if (forPeople) printStart(values);
  const internalTls = readTls({
    certificateFile: values.INTERNAL_TLS_CERT_FILE,
    keyFile: values.INTERNAL_TLS_KEY_FILE,
  });

  await startApplication(GatewayModule.with(config, await openResources(config)), {
    service: 'gateway',
    listener: {
      host: values.HOST,
      port: values.PORT,
      certificateFile: values.TLS_CERT_FILE,
      keyFile: values.TLS_KEY_FILE,
    },
    log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT },
    beforeListening: async (app) => {
      if (development) await prepareDevelopment(app, config);
      await openInternalListener(app, {
        host: values.INTERNAL_HOST,
        port: values.INTERNAL_PORT,
        ...(internalTls && { tls: internalTls }),
      });
    },
  });
  if (forPeople) printNextSteps(values);
});
