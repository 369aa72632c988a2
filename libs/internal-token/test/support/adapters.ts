import type { DynamicModule, INestApplication, LoggerService, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { AddressInfo, Server } from 'node:net';
import { InternalTokenModule } from 'nestjs-internal-token';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';

/** All tests about HTTP run on both. */
export const ADAPTERS = [
  { adapter: 'Express', createAdapter: () => new ExpressAdapter() },
  { adapter: 'Fastify', createAdapter: () => new FastifyAdapter() },
] as const;

export type AdapterRow = (typeof ADAPTERS)[number];

/** The parts of an application that a test varies. */
export interface Parts {
  readonly controllers?: Type[];
  readonly providers?: NonNullable<DynamicModule['providers']>;
  readonly imports?: NonNullable<DynamicModule['imports']>;
  /** Modules that stand before `InternalTokenModule`. */
  readonly importsBefore?: NonNullable<DynamicModule['imports']>;
  readonly options?: Partial<Parameters<typeof InternalTokenModule.forRoot>[0]>;
  /** All modules, in place of `InternalTokenModule.forRoot(options)` and those above. */
  readonly modules?: NonNullable<DynamicModule['imports']>;
  readonly logger?: LoggerService | false;
  readonly prepare?: (app: INestApplication) => void;
}

/** A running application on a free port of this machine, with the issuer whose tokens it accepts. */
export interface Running {
  readonly app: INestApplication;
  readonly tokens: TestTokenIssuer;
  readonly url: string;
  readonly port: number;
  /** GET with a token, or without one. */
  readonly get: (path: string, token?: string, headers?: Record<string, string>) => Promise<Response>;
}

export async function start({ createAdapter }: AdapterRow, parts: Parts): Promise<Running> {
  const tokens = new TestTokenIssuer();
  class TestModule {}
  const root: DynamicModule = {
    module: TestModule,
    imports: parts.modules ?? [
      ...(parts.importsBefore ?? []),
      InternalTokenModule.forRoot({ service: 'test', trustDomain: 'test', keys: tokens.keys, ...parts.options }),
      ...(parts.imports ?? []),
    ],
    controllers: parts.controllers ?? [],
    providers: parts.providers ?? [],
  };
  const options = { logger: parts.logger ?? false, abortOnError: false } as const;
  const app = await NestFactory.create<INestApplication>(root, createAdapter(), options);
  parts.prepare?.(app);
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const get: Running['get'] = (path, token, headers = {}) =>
    fetch(`${url}${path}`, { headers: { ...headers, ...(token !== undefined && { 'Txn-Token': token }) } });
  return { app, tokens, url, port, get };
}
