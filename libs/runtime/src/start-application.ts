import { readFileSync } from 'node:fs';
import { type DynamicModule, Logger, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { answerFrameworkError } from 'nestjs-internal-token/http';
import { BoundedFastifyAdapter } from './bounded-fastify.adapter.js';
import { QuietStartLogger } from './quiet-start.logger.js';

const OLDEST_NODE = 24;

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly certificateFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

export interface ApplicationOptions {
  readonly service: string;
  readonly listener: ListenerOptions;
  readonly log: { readonly level: string; readonly format: 'json' | 'pretty' };
  /** Runs when everything is built and nothing listens yet. */
  readonly beforeListening?: (app: NestFastifyApplication) => Promise<void>;
}

/** Nest on Fastify with our logger, listening; closes what it opened on SIGINT and SIGTERM. */
export async function startApplication(
  module: Type | DynamicModule,
  options: ApplicationOptions,
): Promise<NestFastifyApplication> {
  const { service, listener, log } = options;
  const logger = new QuietStartLogger({ service, format: log.format, level: log.level });
  const tls = readTls(listener);
  const adapter = new BoundedFastifyAdapter({ frameworkErrors: answerFrameworkError, ...(tls && { https: tls }) });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, { logger, abortOnError: false });
  try {
    app.enableShutdownHooks();
    await app.init();
    await options.beforeListening?.(app);
    await app.listen(listener.port, listener.host);
  } catch (error) {
    await app.close();
    throw error;
  }
  return app;
}

/** TLS material as node:https takes it; undefined where the listener speaks plain http. */
export function readTls({
  certificateFile,
  keyFile,
}: Pick<ListenerOptions, 'certificateFile' | 'keyFile'>): { cert: Buffer; key: Buffer } | undefined {
  return certificateFile && keyFile ? { cert: readFileSync(certificateFile), key: readFileSync(keyFile) } : undefined;
}

/** The last resort of a `main.ts`: a start that fails says why in words, and exits with 1. */
export async function runMain(start: () => Promise<unknown>): Promise<void> {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < OLDEST_NODE) {
    process.stderr.write(
      `Node ${process.versions.node} is too old. Start through npm (npm start, npx nest start): npm ci brought a newer one.\n`,
    );
    process.exit(1);
  }
  try {
    await start();
  } catch (error) {
    const expected = error instanceof Error && 'code' in error;
    process.stderr.write(`${expected ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
    Logger.flush();
    process.exit(1);
  }
}
