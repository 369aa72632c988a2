import { type DynamicModule, Logger, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { GracefulShutdown, type GracefulShutdownOptions } from 'nestjs-internal-token';
import { InternalTokenProblemFilter } from 'nestjs-internal-token/http';
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
    /** In development: the directory in which every line is also written as JSON, for `itok` and the live page. */
    readonly directory?: string | undefined;
  };
  /** Runs after everything is created and before anything listens. */
  readonly beforeListening?: (app: NestFastifyApplication) => Promise<void>;
  /** Called on SIGHUP to reload what can change. Without it, SIGHUP ends the process like SIGTERM. */
  readonly reload?: (app: NestFastifyApplication) => Promise<void>;
}

/** Starts Nest on Fastify with our logger; a signal ends the process without losing a request. */
export async function startApplication(
  module: Type | DynamicModule,
  options: ApplicationOptions,
): Promise<NestFastifyApplication> {
  const { service, listener, log } = options;
  const { host, port, tls, maxBodyBytes } = listener;
  const logger = new QuietStartLogger({ service, format: log.format, level: log.level });
  // The log format is known from here on, so write the buffered lines about settings and files.
  Logger.overrideLogger(logger);
  Logger.flush();
  const lines = log.directory === undefined ? undefined : await keepLines(service, log.directory, logger);
  const adapter = new BoundedFastifyAdapter({
    frameworkErrors: InternalTokenProblemFilter.answerFrameworkError,
    ...(maxBodyBytes !== undefined && { bodyLimit: maxBodyBytes }),
    ...(tls && { https: serverTls(tls) }),
  });
  let app: NestFastifyApplication | undefined;
  try {
    app = await NestFactory.create<NestFastifyApplication>(module, adapter, { logger, abortOnError: false });
    GracefulShutdown.enable(app, { ...options.shutdown, signals: options.reload ? SIGNALS : [...SIGNALS, 'SIGHUP'] });
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
    // People read the message that `runMain` prints; machines read log lines.
    if (log.format === 'json') logger.fatal(isForPeople(error) ? error.message : error, 'Start');
    lines?.close();
    throw error;
  }
}

/** Loaded only here, so that a production process never has it in memory. */
async function keepLines(service: string, directory: string, logger: QuietStartLogger): Promise<{ close(): void }> {
  const { DevelopmentLog } = await import('./development/development-log.js');
  if (!logger.isLevelEnabled('log')) {
    logger.warn('LOG_LEVEL leaves out requests that succeed, on the live page and in its files too', 'DevelopmentLog');
  }
  return new DevelopmentLog({ service, directory, report: (problem) => logger.warn(problem, 'DevelopmentLog') });
}

/** True if the message says what to do (a setting, a storage, a port). For all other errors the stack helps. */
function isForPeople(error: unknown): error is Error {
  return error instanceof Error && 'code' in error;
}

/**
 * Runs a `start.ts`: if the start fails, it prints why and exits with 1. Lines that are logged before
 * {@link startApplication} are buffered until its logger exists.
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
