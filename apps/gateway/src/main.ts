import { listening, readTls, runMain, startApplication } from '@app/runtime';
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
  const tls = readTls('gateway', values, 'TLS_CERT_FILE', 'TLS_KEY_FILE');
  const internalTls = readTls('gateway', values, 'INTERNAL_TLS_CERT_FILE', 'INTERNAL_TLS_KEY_FILE');

  await startApplication(GatewayModule.with(config, await openResources(config)), {
    service: 'gateway',
    listener: { host: values.HOST, port: values.PORT, tls },
    log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT },
    beforeListening: async (app) => {
      if (development) await prepareDevelopment(app, config);
      const internal = { host: values.INTERNAL_HOST, port: values.INTERNAL_PORT };
      await listening('gateway', 'INTERNAL_PORT', () =>
        openInternalListener(app, { ...internal, ...(internalTls && { tls: internalTls }) }),
      );
    },
  });
  if (forPeople) printNextSteps(values);
});
