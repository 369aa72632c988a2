import type { Server } from 'node:http';
import { type INestApplication, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { DrainingServer } from './draining-server.js';
import type { ResolvedGracefulShutdownOptions } from './graceful-shutdown.options.js';
import { OpenRequests } from './open-requests.js';

const MOST_IDS = 10;

/** What happens to an application from the signal to its end, step by step. */
@Injectable()
export class ShutdownSequence implements OnApplicationShutdown {
  readonly #logger = new Logger('Shutdown');
  readonly #draining = new AbortController();
  readonly #closed = new AbortController();
  readonly #servers: DrainingServer[] = [];
  #begun = false;

  constructor(private readonly requests: OpenRequests) {}

  get begun(): boolean {
    return this.#begun;
  }

  get draining(): AbortSignal {
    return this.#draining.signal;
  }

  /** Aborted when the application is closed, whatever closes it. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  onApplicationShutdown(): void {
    this.#closed.abort();
  }

  /** Another listener of this application. */
  include(server: DrainingServer): void {
    this.#servers.push(server);
  }

  /** Serves on for the delay, waits for what is open, and closes the application. */
  async run(
    app: INestApplication,
    { delayMs, deadlineMs }: ResolvedGracefulShutdownOptions,
    signal: string,
  ): Promise<void> {
    this.#begun = true;
    const deadline = pause(deadlineMs);
    this.#logger.log(`shutting down (${signal}): ${count(this.requests.size)} open, serving for ${delayMs} ms more`);
    await pause(delayMs).over;

    const servers = [...listenerOf(app), ...this.#servers];
    const drained = Promise.all(servers.map((server) => server.close()));
    this.requests.closeConnections();
    this.#draining.abort();
    const open = this.requests.size;
    // Nobody knows whether a request is on its way into an idle connection: it has as much time again to arrive.
    const grace = pause(delayMs);
    void grace.over.then(() => servers.forEach((server) => server.closeIdle()));

    await Promise.race([drained.then(() => this.requests.settled()), deadline.over]);
    grace.end();
    deadline.end();
    const ended = this.#breakOff(deadlineMs);
    for (const server of servers) server.closeAll();
    await app.close();
    this.#logger.log(`shut down: ${count(open)} open after the delay, ${ended} ended at the deadline`);
  }

  #breakOff(deadlineMs: number): number {
    const ids = this.requests.breakOff(new Error('The application shut down before the answer was complete'));
    if (ids.length === 0) return 0;
    const named = ids.length > MOST_IDS ? `${ids.slice(0, MOST_IDS).join(', ')}, …` : ids.join(', ');
    this.#logger.warn(`ended at the deadline of ${deadlineMs} ms: ${count(ids.length)} (${named})`);
    return ids.length;
  }
}

/** None in an application without HTTP. */
function listenerOf(app: INestApplication): DrainingServer[] {
  const server = app.getHttpServer() as Server | undefined;
  return typeof server?.close === 'function' ? [new DrainingServer(server)] : [];
}

interface Pause {
  readonly over: Promise<void>;
  /** Makes it last for ever, and hold up nothing. */
  end(): void;
}

function pause(milliseconds: number): Pause {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  return { over: promise, end: () => clearTimeout(timer) };
}

const count = (requests: number): string => `${requests} request${requests === 1 ? '' : 's'}`;
