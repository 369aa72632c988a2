import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApplication } from '@app/runtime';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type InternalListener, openInternalListener } from 'nestjs-internal-token/gateway';
import { prepareDevelopment } from '../../apps/gateway/src/development.js';
import { loadGatewayConfig } from '../../apps/gateway/src/gateway-config.js';
import { GatewayModule } from '../../apps/gateway/src/gateway.module.js';
import { openResources } from '../../apps/gateway/src/open-resources.js';
import { signIn } from '../../scripts/lib/sign-in.mjs';
import { openShopDatabase, type ShopDatabase } from './topology/shop-database.js';

/** The monolith inside the test's own process, where its counters can be read. */
export class InProcessMonolith {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly url: string,
    readonly internalUrl: string,
    private readonly issuer: string,
    private readonly directory: string,
    private readonly database: ShopDatabase,
  ) {}

  static async start(settings: Readonly<Record<string, string>> = {}): Promise<InProcessMonolith> {
    const directory = await mkdtemp(join(tmpdir(), 'monolith-'));
    const database = await openShopDatabase();
    const anyPort = { PORT: '0', INTERNAL_PORT: '0', DEV_IDP_PORT: '0' };
    const config = loadGatewayConfig({
      ...anyPort,
      DEV_DIRECTORY: directory,
      LOG_LEVEL: 'fatal',
      ...database.settings,
      ...settings,
    });
    const resources = await openResources(config);
    let internal: InternalListener | undefined;
    const app = await startApplication(GatewayModule.with(config, resources), {
      service: 'gateway',
      listener: { host: config.values.HOST, port: config.values.PORT },
      log: { level: config.values.LOG_LEVEL, format: 'json' },
      beforeListening: async (starting) => {
        await prepareDevelopment(starting, config);
        internal = await openInternalListener(starting, { host: '127.0.0.1', port: 0 });
      },
    });
    const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
    const [issuer] = resources.issuers;
    return new InProcessMonolith(
      app,
      `http://127.0.0.1:${port}`,
      `http://127.0.0.1:${internal?.port}`,
      issuer?.issuer ?? '',
      directory,
      database,
    );
  }

  async accessToken(login: string, scope?: string): Promise<string> {
    const { accessToken } = await signIn({ login, issuer: this.issuer, ...(scope && { scope }) });
    return accessToken as string;
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.database.drop();
    await rm(this.directory, { recursive: true, force: true });
  }
}
