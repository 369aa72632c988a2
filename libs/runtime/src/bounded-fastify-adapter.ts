import type { ServerOptions as TlsOptions } from 'node:https';
import type { FastifyServerOptions } from 'fastify';
import { FastifyAdapter } from '@nestjs/platform-fastify';

/** Milliseconds in which a whole request must arrive. Fastify itself waits for ever. */
const ARRIVAL_TIMEOUT = 300_000;

/** Characters of a path parameter, as many as the gateway takes. Fastify itself takes 100. */
const MAX_PARAMETER_LENGTH = 500;

type Options = FastifyServerOptions & { readonly https?: TlsOptions };

/** Fastify with a time limit for slow bodies, and with longer path parameters. */
export class BoundedFastifyAdapter extends FastifyAdapter {
  constructor(options: Options) {
    super({
      requestTimeout: ARRIVAL_TIMEOUT,
      routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
      ...options,
    });
  }
}
