import { type DynamicModule, Logger, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { enableGracefulShutdown, type GracefulShutdownOptions } from 'nestjs-internal-token';
import { answerFrameworkError } from 'nestjs-internal-token/http';
import { BoundedFastifyAdapter } from './bounded-fastify-adapter.js';
import { QuietStartLogger } from './quiet-start-logger.js';
import { listenOrExplain } from './listen-or-explain.js';
import { keepTlsCurrent, type ListenerTls, serverTls } from './tls/tls-listener.js';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: ListenerTls | undefined;
  /** The largest body that handlers are given, in bytes. Default 1 MiB. */
  readonly maxBodyBytes?: number;
}

export interface ApplicationOptions {
  readonly service: string;
  readonly listener: ListenerOptions;
  readonly shutdown?: Pick<GracefulShutdownOptions, 'delayMs' | 'deadlineMs'>;
  readonly log: {
    readonly level: string;
    readonly format: 'json' | 'pretty';
    /** In development: where every line is kept as JSON too, for `itok` and the live page. */
    readonly directory?: string | undefined;
  };
  /** Runs when everything is built and nothing listens yet. */
  readonly beforeListening?: (app: NestFastifyApplication) => Promise<void>;
  /** On SIGHUP, which otherwise ends the process as SIGTERM does: reads anew what can change. */
  readonly reload?: (app: NestFastifyApplication) => Promise<void>;
}

/** Nest on Fastify with our logger, listening; a signal ends the process without a lost request. */
export async function startApplication(
  module: Type | DynamicModule,
  options: ApplicationOptions,
): Promise<NestFastifyApplication> {
  const { service, listener, log } = options;
  const { host, port, tls, maxBodyBytes } = listener;
  const logger = new QuietStartLogger({ service, format: log.format, level: log.level });
  // From here on there is a format: what was said before it, of settings and files, is written now.
  Logger.overrideLogger(logger);
  Logger.flush();
  const lines = log.directory === undefined ? undefined : await keepLines(service, log.directory, logger);
  const adapter = new BoundedFastifyAdapter({
    frameworkErrors: answerFrameworkError,
    ...(maxBodyBytes !== undefined && { bodyLimit: maxBodyBytes }),
    ...(tls && { https: serverTls(tls) }),
  });
  let app: NestFastifyApplication | undefined;
  try {
    app = await NestFactory.create<NestFastifyApplication>(module, adapter, { logger, abortOnError: false });
    enableGracefulShutdown(app, { ...options.shutdown, signals: options.reload ? SIGNALS : [...SIGNALS, 'SIGHUP'] });
    if (tls) keepTlsCurrent(app.getHttpServer(), tls);
    await app.init();
    await options.beforeListening?.(app);
    const ready = app;
    await listenOrExplain(service, 'PORT', () => ready.listen(port, host));
    const { reload } = options;
    if (reload) process.on('SIGHUP', () => void reload(ready).catch((error: unknown) => logger.error(error, 'Reload')));
    return app;
  } catch (error) {
    await app?.close();
    // People read the words that `runMain` ends with; machines read lines.
    if (log.format === 'json') logger.fatal(isForPeople(error) ? error.message : error, 'Start');
    lines?.close();
    throw error;
  }
}

/** Loaded here and only here: a production process never has it in memory. */
async function keepLines(service: string, directory: string, logger: QuietStartLogger): Promise<{ close(): void }> {
  const { DevelopmentLog } = await import('./development/development-log.js');
  if (!logger.isLevelEnabled('log')) {
    logger.warn('LOG_LEVEL leaves out requests that succeed, on the live page and in its files too', 'DevelopmentLog');
  }
  return new DevelopmentLog({ service, directory, report: (problem) => logger.warn(problem, 'DevelopmentLog') });
}

/** Says in words what is to be done: a setting, a storage, a port. Of anything else the stack helps. */
function isForPeople(error: unknown): error is Error {
  return error instanceof Error && 'code' in error;
}

/**
 * The last resort of a `start.ts`: a start that fails says why in words, and exits with 1. What is logged before
 * {@link startApplication} waits for its logger.
 */
export async function runMain(start: () => Promise<unknown>): Promise<void> {
  Logger.attachBuffer();
  try {
    await start();
  } catch (error) {
    const text = isForPeople(error) ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`${text}\n`);
    Logger.flush();
    process.exit(1);
  }
}
