import { EventEmitter } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import {
  type BeforeApplicationShutdown,
  Injectable,
  type INestApplication,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { OptionPath } from '../../core/index.js';
import { ClientErrorHandler, DrainingServer, RequestHook, ShutdownSequence } from '../../nest/index.js';
import { InternalPipeline } from '../internal-pipeline.js';
import { internalListenerOptions, type InternalListenerOptions } from './internal-listener.options.js';

/** A listener that was opened by `openInternalListener()`. */
export interface InternalListener {
  readonly host: string;
  readonly port: number;
  readonly server: Server;
}

/** How long open requests may take where `app.close()` is called and no graceful shutdown went before, in milliseconds. */
const DRAIN_MS = 10_000;

/** The internal listeners of this application. The socket decides that a request is internal, nothing it says. */
@Injectable()
export class InternalListeners implements BeforeApplicationShutdown, OnApplicationShutdown {
  readonly #open: DrainingServer[] = [];

  constructor(
    private readonly clientErrors: ClientErrorHandler,
    private readonly hook: RequestHook,
    private readonly pipeline: InternalPipeline,
    private readonly shutdown: ShutdownSequence,
  ) {}

  /** @throws InternalTokenError `configuration_invalid`, and the server's error */
  async listen(application: Server, given: InternalListenerOptions): Promise<InternalListener> {
    const options = internalListenerOptions(given, new OptionPath('openInternalListener'));
    const server: Server = options.tls
      ? createTlsServer({ ...options.tls, requireHostHeader: false })
      : createServer({ requireHostHeader: false });
    // Agents that patch `emit` of servers to see requests shall see them once: at the application, when they are admitted.
    server.emit = EventEmitter.prototype.emit.bind(server);
    this.hook.usePipelineFor(server, this.pipeline);
    this.hook.guardUpgrades(server);
    for (const event of ['request', 'checkContinue', 'checkExpectation']) {
      server.on(event, (request: IncomingMessage, response: ServerResponse) => {
        application.emit(event, request, response);
      });
    }
    this.clientErrors.protect(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port, options.host, () => {
        server.off('error', reject);
        resolve();
      });
    });
    const draining = new DrainingServer(server);
    this.#open.push(draining);
    this.shutdown.include(draining);
    return { server, host: options.host, port: (server.address() as AddressInfo).port };
  }

  /** No new connections from here on; what is being answered is answered to its end. */
  beforeApplicationShutdown(): void {
    for (const server of this.#open) {
      void server.close();
      server.closeIdle();
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((server) => server.closeWithin(DRAIN_MS)));
  }
}

/**
 * Opens a second listener on the same application, for the machines inside: key set, health, `/internal/**`. There
 * `Txn-Token` is verified like in any service, never removed and never minted. It closes with the application.
 *
 * Call it after `app.init()`.
 *
 * @throws the server's error if the address cannot be listened on
 */
export function openInternalListener(
  app: INestApplication,
  options: InternalListenerOptions,
): Promise<InternalListener> {
  return app.get(InternalListeners, { strict: false }).listen(app.getHttpServer() as Server, options);
}
