import { EventEmitter } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions as TlsOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import {
  type BeforeApplicationShutdown,
  Injectable,
  type INestApplication,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { ClientErrorHandler, RequestHook } from '../nest/index.js';

export interface InternalListenerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Certificate and key, and `ca` with `requestCert` for mutual TLS. Without it the listener speaks plain http. */
  readonly tls?: Pick<TlsOptions, 'cert' | 'key' | 'ca' | 'requestCert' | 'rejectUnauthorized' | 'minVersion'>;
  /** How long open requests may take when the application closes, in milliseconds. Default 10000. */
  readonly drainTimeoutMs?: number;
}

export interface InternalListener {
  readonly host: string;
  readonly port: number;
  readonly server: Server;
}

interface Open extends InternalListener {
  readonly drainTimeoutMs: number;
  closed?: Promise<void>;
}

/** The second listeners of this application, and which requests came through them. */
@Injectable()
export class InternalListeners implements BeforeApplicationShutdown, OnApplicationShutdown {
  readonly #requests = new WeakSet<IncomingMessage>();
  readonly #open: Open[] = [];

  constructor(
    private readonly clientErrors: ClientErrorHandler,
    private readonly hook: RequestHook,
  ) {}

  /** Decided by the socket a request came through, never by what it says. */
  isInternal(request: IncomingMessage): boolean {
    return this.#requests.has(request);
  }

  async listen(application: Server, options: InternalListenerOptions): Promise<InternalListener> {
    const server: Server = options.tls
      ? createTlsServer({ ...options.tls, requireHostHeader: false })
      : createServer({ requireHostHeader: false });
    // Agents that patch `emit` of servers to see requests shall see them once: at the application, when they are admitted.
    server.emit = EventEmitter.prototype.emit.bind(server);
    this.hook.guardUpgrades(server);
    const open = { server, host: options.host, port: 0, drainTimeoutMs: options.drainTimeoutMs ?? 10_000 };
    for (const event of ['request', 'checkContinue', 'checkExpectation']) {
      server.on(event, (request: IncomingMessage, response: ServerResponse) => {
        this.#requests.add(request);
        response.once('close', () => {
          if (!server.listening) server.closeIdleConnections();
        });
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
    open.port = (server.address() as AddressInfo).port;
    this.#open.push(open);
    return open;
  }

  /** No new connections from here on; what is being answered is answered to its end. */
  beforeApplicationShutdown(): void {
    for (const open of this.#open) {
      open.closed = new Promise((resolve) => {
        open.server.close(() => resolve());
      });
      open.server.closeIdleConnections();
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.#open.splice(0).map(drained));
  }
}

async function drained({ server, closed, drainTimeoutMs }: Open): Promise<void> {
  const deadline = setTimeout(() => server.closeAllConnections(), drainTimeoutMs);
  await closed;
  clearTimeout(deadline);
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
