import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { PortDefinition } from '@app/contracts';
import { HttpModule } from '@nestjs/axios';
import { type DynamicModule, type FactoryProvider, Module, type Type } from '@nestjs/common';
import type { RenewableTls } from 'nestjs-internal-token/http';
import { portController } from './http/port.controller.js';
import { RenewingHttpsAgent } from './http/renewing-https-agent.js';
import { remotePort } from './http/remote-port.js';
import { inProcessPort } from './in-process-port.js';

/** A domain in this process. */
export interface LocalDomain {
  readonly module: Type;
  readonly port: PortDefinition;
  readonly implementation: Type;
}

/** A domain in another process. */
export interface RemoteDomain {
  readonly port: PortDefinition;
  readonly url: string;
}

export interface PortsOptions {
  readonly local: readonly LocalDomain[];
  readonly remote: readonly RemoteDomain[];
  /** Authorities and our own certificate for https between processes. Default: Node's authorities, no certificate. */
  readonly tls?: RenewableTls | undefined;
}

/**
 * Binds every port of a process. Global, since a domain imports no other domain. Each domain in this process is also
 * served below `/internal`, since a neighbour may run elsewhere.
 */
@Module({})
export class PortsModule {
  static with({ local, remote, tls }: PortsOptions): DynamicModule {
    const ports: FactoryProvider[] = [
      ...local.map(({ port, implementation }) => inProcessPort(port, implementation)),
      ...remote.map(({ port, url }) => remotePort(port, url)),
    ];
    return {
      module: PortsModule,
      global: true,
      imports: [
        HttpModule.register({
          httpAgent: new HttpAgent({ keepAlive: true }),
          httpsAgent: tls ? new RenewingHttpsAgent(tls) : new HttpsAgent({ keepAlive: true }),
        }),
        ...local.map(({ module }) => module),
      ],
      controllers: local.map(({ port, implementation }) => portController(port, implementation)),
      providers: ports,
      exports: ports,
    };
  }
}
