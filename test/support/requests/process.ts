// Run as its own process by RecordedShop: the gateway or the service of the README, which records one request at a time.
import 'reflect-metadata';
import { subscribe } from 'node:diagnostics_channel';
import { setImmediate } from 'node:timers/promises';
import { Controller, Get, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  InternalClaims,
  type InternalTokenClaims,
  InternalTokenModule,
  RequirePermissions,
  RequireScope,
} from 'nestjs-internal-token';
import { InternalTokenGatewayModule, reflectRoutes } from 'nestjs-internal-token/gateway';
import { InternalTokenLogger, InternalTokenLoggingModule } from 'nestjs-internal-token/logging';
import { RequestRecorder } from './request-recorder.js';

/** What the parent gives each process. */
export interface ProcessSettings {
  readonly role: 'gateway' | 'service';
  readonly port: number;
  readonly servicePort: number;
  readonly internalPort: number;
  readonly issuer: string;
  readonly audience: string;
  readonly key: string;
}

@Controller('orders')
class OrdersController {
  readonly #logger = new Logger('Orders');

  @Get(':id')
  @RequireScope('orders.read')
  @RequirePermissions('orders:read')
  order(@InternalClaims() { userId }: InternalTokenClaims): object {
    this.#logger.log('looking it up');
    return { userId };
  }
}

const settings = JSON.parse(process.argv[2] ?? '{}') as ProcessSettings;
const { role, port, servicePort, internalPort, issuer, audience, key } = settings;

@Module({
  imports: [
    InternalTokenGatewayModule.forRoot({
      trustDomain: 'shop.example',
      signing: { key },
      accessTokens: { issuers: [{ issuer, audience, discovery: true }], allowInsecureLoopback: true },
      routes: { table: reflectRoutes([OrdersController], 'orders') },
      forwarding: { upstreams: { orders: { origin: `http://127.0.0.1:${servicePort}` } } },
      internalListener: { host: '127.0.0.1', port: internalPort },
    }),
    InternalTokenLoggingModule.forRoot(),
  ],
})
class GatewayModule {}

@Module({
  imports: [
    InternalTokenModule.forRoot({
      service: 'orders',
      trustDomain: 'shop.example',
      keys: { jwksUri: `http://127.0.0.1:${internalPort}/.well-known/jwks.json` },
    }),
    InternalTokenLoggingModule.forRoot(),
  ],
  controllers: [OrdersController],
})
class ServiceModule {}

const recorder = await RequestRecorder.start();
const logger = new InternalTokenLogger({ service: role, level: 'info' });
const app =
  role === 'gateway'
    ? await NestFactory.create(GatewayModule, { logger })
    : await NestFactory.create(ServiceModule, new FastifyAdapter(), { logger });
await app.listen(port, '127.0.0.1');

let spanEnded = Promise.withResolvers<void>();
subscribe('nestjs-internal-token:log-line', (line) => {
  if ((line as { ev?: string }).ev === 'end') spanEnded.resolve();
});

async function answer(wish: unknown): Promise<void> {
  if (wish === 'begin') {
    spanEnded = Promise.withResolvers();
    process.send?.(await recorder.begin());
    return;
  }
  // The last thing a request does is to write its line; what follows in the same turn belongs to it.
  await spanEnded.promise;
  await setImmediate();
  process.send?.(await recorder.end());
}

process.on('message', (wish) => void answer(wish));
process.on('disconnect', () => process.exit());
process.send?.({});
