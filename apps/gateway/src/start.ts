import type { AddressInfo } from 'node:net';
import {
  developmentLogDirectory,
  keepTlsCurrent,
  listenOrExplain,
  openDevelopmentDirectory,
  runMain,
  serverTls,
  shutdownOf,
  startApplication,
  TlsFiles,
} from '@app/runtime';
import { KeyRing, openInternalListener } from 'nestjs-internal-token/gateway';
import { loadDevPage, prepareDevelopment, printNextSteps, printStart } from './development.js';
import { loadGatewayConfig } from './gateway-config.js';
import { GatewayModule } from './gateway.module.js';
import { openResources } from './open-resources.js';

await runMain(async () => {
  const config = loadGatewayConfig();
  const { values, development } = config;
  const forPeople = development && values.LOG_FORMAT === 'pretty';
  if (forPeople) printStart(values);
  if (development) openDevelopmentDirectory('gateway', values.DEV_DIRECTORY);
  const publicTls = TlsFiles.open('gateway', values, { cert: 'TLS_CERT_FILE', key: 'TLS_KEY_FILE' });
  const logDirectory = developmentLogDirectory(config);
  const resources = await openResources(config);
  const devPage = logDirectory === undefined ? undefined : await loadDevPage(logDirectory);

  const app = await startApplication(GatewayModule.with(config, { ...resources, devPage }), {
    service: 'gateway',
    listener: {
      host: values.HOST,
      port: values.PORT,
      tls: publicTls && { files: publicTls, clients: 'any' },
      maxBodyBytes: values.MAX_BODY_BYTES,
    },
    shutdown: shutdownOf(values),
    log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT, directory: logDirectory },
    beforeListening: async (app) => {
      if (development) await prepareDevelopment(app, config);
      const address = { host: values.INTERNAL_HOST, port: values.INTERNAL_PORT };
      const tls = resources.tls?.listener;
      const internal = await listenOrExplain('gateway', 'INTERNAL_PORT', () =>
        openInternalListener(app, { ...address, ...(tls && { tls: serverTls(tls) }) }),
      );
      if (tls) keepTlsCurrent(internal.server, tls);
    },
    // In development SIGHUP means that the terminal was closed.
    ...(!development && { reload: (app) => app.get(KeyRing, { strict: false }).reload() }),
  });
  if (forPeople) printNextSteps(values, app.getHttpServer().address() as AddressInfo);
});
