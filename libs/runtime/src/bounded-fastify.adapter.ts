import type { ServerOptions as TlsOptions } from 'node:https';
import type { FastifyServerOptions } from 'fastify';
import { FastifyAdapter } from '@nestjs/platform-fastify';

/** Milliseconds in which a request has to have arrived whole. Fastify itself waits for ever. */
const ARRIVAL_TIMEOUT = 300_000;
/** Milliseconds that open requests have when the application closes, as on the internal listener. */
const DRAIN_TIMEOUT = 10_000;

type Options = FastifyServerOptions & { readonly https?: TlsOptions };

/** Fastify that waits for no client without end: neither for a slow body, nor for the last answer before it closes. */
export class BoundedFastifyAdapter extends FastifyAdapter {
  readonly #drainTimeout: number;

  constructor(options: Options, drainTimeout = DRAIN_TIMEOUT) {
    super({ requestTimeout: ARRIVAL_TIMEOUT, ...options });
    this.#drainTimeout = drainTimeout;
  }

  override async close(): Promise<void> {
    const deadline = setTimeout(() => this.getHttpServer().closeAllConnections(), this.#drainTimeout);
    try {
      await super.close();
    } finally {
      clearTimeout(deadline);
    }
  }
}
