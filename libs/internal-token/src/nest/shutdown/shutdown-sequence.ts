import type { Server } from 'node:http';
import { type INestApplication, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { DrainingServer } from './draining-server.js';
import type { ResolvedGracefulShutdownOptions } from './graceful-shutdown.options.js';
import { OpenRequests } from '../admission/open-requests.js';

const MOST_IDS = 10;
/** How long an answered connection may take to end, before it counts as unused. */
const LINGER_MS = 1_000;
/** How long closing the application may take. */
const CLOSE_MS = 5_000;

/** The steps of a shutdown, from the signal to the end. */
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

  /** Aborted when the application is closed, for any reason. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  onApplicationShutdown(): void {
    this.#closed.abort();
  }

  /** Adds another listener of this application. */
  include(server: DrainingServer): void {
    this.#servers.push(server);
  }

  /**
   * Keeps serving for the delay, waits for open requests, and closes the application.
   * @returns false if it did not close in time
   * @throws (rejects with) the error of a lifecycle hook
   */
  async run(
    app: INestApplication,
    { delayMs, deadlineMs }: ResolvedGracefulShutdownOptions,
    signal: string,
  ): Promise<boolean> {
    this.#begun = true;
    const deadline = pause(deadlineMs);
    this.#logger.log(`shutting down (${signal}): ${count(this.requests.size)} open, serving for ${delayMs} ms more`);
    await pause(delayMs).over;

    const servers = [...listenerOf(app), ...this.#servers];
    const drained = Promise.all(servers.map((server) => server.close()));
    this.requests.closeConnections();
    this.#draining.abort();
    const open = this.requests.size;
    // A request may be on its way on an idle connection; wait the same time again for it.
    const grace = pause(delayMs);
    void grace.over.then(() => this.#closeUnused(servers));

    await Promise.race([drained.then(() => this.requests.settled()), deadline.over]);
    grace.end();
    deadline.end();
    const ended = this.#breakOff(deadlineMs);
    for (const server of servers) server.closeAll();
    if (!(await closes(app))) {
      this.#logger.error(
        `the application did not close within ${CLOSE_MS} ms: a lifecycle hook (onModuleDestroy, ` +
          `beforeApplicationShutdown, onApplicationShutdown) does not finish`,
      );
      return false;
    }
    this.#logger.log(`shut down: ${count(open)} open after the delay, ${ended} ended at the deadline`);
    return true;
  }

  /** To Node, a connection that has never had a request is active, so close it when no request is open. */
  async #closeUnused(servers: readonly DrainingServer[]): Promise<void> {
    for (const server of servers) server.closeIdle();
    do {
      await this.requests.settled();
      await pause(LINGER_MS).over;
    } while (this.requests.size > 0);
    for (const server of servers) server.closeAll();
  }

  #breakOff(deadlineMs: number): number {
    const ids = this.requests.breakOff(new Error('The application shut down before the answer was complete'));
    if (ids.length === 0) return 0;
    const named = ids.length > MOST_IDS ? `${ids.slice(0, MOST_IDS).join(', ')}, …` : ids.join(', ');
    this.#logger.warn(`ended at the deadline of ${deadlineMs} ms: ${count(ids.length)} (${named})`);
    return ids.length;
  }
}

/** Empty in an application without HTTP. */
function listenerOf(app: INestApplication): DrainingServer[] {
  const server = app.getHttpServer() as Server | undefined;
  return typeof server?.close === 'function' ? [new DrainingServer(server)] : [];
}

/** Closes the application. Resolves to false if that takes too long. */
async function closes(app: INestApplication): Promise<boolean> {
  const limit = pause(CLOSE_MS);
  const closed = app.close().then(() => true);
  return Promise.race([closed, limit.over.then(() => false)]).finally(() => limit.end());
}

interface Pause {
  readonly over: Promise<void>;
  /** Cancels the pause: `over` never resolves. */
  end(): void;
}

function pause(milliseconds: number): Pause {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  return { over: promise, end: () => clearTimeout(timer) };
}

const count = (requests: number): string => `${requests} request${requests === 1 ? '' : 's'}`;
