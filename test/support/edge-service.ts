import { type DynamicModule, type INestApplication, Module } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { generateKeyPairSync } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InternalTokenModule } from 'nestjs-internal-token';
import { type EdgeOptions, type Signer } from 'nestjs-internal-token/gateway';
import { InternalTokenProblemFilter } from 'nestjs-internal-token/http';
import {
  CatalogController,
  EdgeGateway,
  InternalOrdersController,
  OrdersController,
  PagesController,
} from './edge-gateway.js';
import { createSigner } from '../../libs/internal-token/src/core/index.js';

interface EdgeServiceOptions {
  readonly trustDomain?: string;
  readonly platform?: 'fastify' | 'express';
  readonly imports?: readonly DynamicModule[];
  /** Modules that stand before those of the library. */
  readonly importsBefore?: readonly DynamicModule[];
}

/** The domains of {@link EdgeGateway} as a process of their own, which verifies and trusts one signer. */
export class EdgeService {
  private constructor(
    readonly app: INestApplication,
    readonly port: number,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  static async start(
    signer: Signer,
    { trustDomain = 'shop.test', platform = 'fastify', imports = [], importsBefore = [] }: EdgeServiceOptions = {},
  ): Promise<EdgeService> {
    @Module({
      imports: [
        ...importsBefore,
        InternalTokenModule.forRoot({
          service: 'orders',
          trustDomain,
          keys: { source: { description: "the gateway's", load: () => Promise.resolve({ keys: [signer.publicJwk] }) } },
        }),
        ...imports,
      ],
      controllers: [OrdersController, CatalogController, InternalOrdersController, PagesController],
      providers: [{ provide: APP_FILTER, useClass: InternalTokenProblemFilter }],
    })
    class ServiceModule {}

    const options = { logger: false, abortOnError: false } as const;
    const adapter = platform === 'express' ? new ExpressAdapter() : new FastifyAdapter();
    const app = await NestFactory.create(ServiceModule, adapter, options);
    await app.listen(0, '127.0.0.1');
    return new EdgeService(app, ((app.getHttpServer() as Server).address() as AddressInfo).port);
  }

  async close(): Promise<void> {
    (this.app.getHttpServer() as Server).closeAllConnections();
    await this.app.close();
  }
}

/** A key shared by gateway and service. */
export async function agreedSigner(): Promise<Signer> {
  return createSigner({ key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey });
}

/** A gateway and, behind it, a service with every domain. */
export async function startSplit(
  edge: Partial<EdgeOptions> = {},
): Promise<{ gateway: EdgeGateway; service: EdgeService; close: () => Promise<void> }> {
  const signer = await agreedSigner();
  const service = await EdgeService.start(signer);
  const upstream = { origin: service.url };
  const forwarding = { upstreams: { orders: upstream, catalog: upstream, gateway: upstream } };
  const gateway = await EdgeGateway.start({ signer, edge: { forwarding, ...edge } });
  return {
    gateway,
    service,
    close: async () => {
      await gateway.close();
      await service.close();
    },
  };
}
