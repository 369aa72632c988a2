// One of the compared processes: a small Nest application on Fastify. The parent controls it by IPC.
import 'reflect-metadata';
import { Controller, Get, Logger, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { InternalTokenModule, RequirePermissions, RequireScope } from 'nestjs-internal-token';
import { InternalTokenHttpModule } from 'nestjs-internal-token/http';
import { InternalTokenLogger, InternalTokenLoggingModule } from 'nestjs-internal-token/logging';

const { variant, keys, peer, trustDomain } = JSON.parse(process.env.OVERHEAD);
const logger = new Logger('Stock');

class StockController {
  stock(item) {
    if (variant.applicationLine) logger.log('looking it up');
    return { item, inStock: 12 };
  }

  async order(item) {
    const response = await fetch(`${peer}/stock/${encodeURIComponent(item)}`);
    return { item, stock: await response.json() };
  }
}
// Decorators are called as functions, so that this file needs no compiler.
const handler = (name, path) => {
  const { prototype } = StockController;
  const property = Object.getOwnPropertyDescriptor(prototype, name);
  for (const decorate of [Get(path), RequireScope('stock.read'), RequirePermissions('stock:read')]) {
    decorate(prototype, name, property);
  }
  Param('item')(prototype, name, 0);
};
handler('stock', 'stock/:item');
handler('order', 'order/:item');
Controller()(StockController);

class ServiceModule {}
Module({
  imports: [
    InternalTokenModule.forRoot({
      service: 'orders',
      trustDomain,
      keys: { source: { description: "the bench's", load: () => Promise.resolve({ keys }) } },
    }),
    InternalTokenHttpModule.forRoot({ internalOrigins: { inventory: peer } }),
    ...(variant.log ? [InternalTokenLoggingModule.forRoot(variant.log)] : []),
  ],
  controllers: [StockController],
})(ServiceModule);

const app = await NestFactory.create(ServiceModule, new FastifyAdapter(), {
  logger: new InternalTokenLogger({ service: 'orders', level: variant.level ?? 'info' }),
});
await app.listen(0, '127.0.0.1');

process.on('message', () => void tellNumbers());
process.on('disconnect', () => process.exit());
process.send({ port: app.getHttpServer().address().port });

async function tellNumbers() {
  // The export of a batch belongs to the round of its spans.
  await globalThis.overheadOpenTelemetry?.flush();
  const { user, system } = process.cpuUsage();
  const spans = globalThis.overheadOpenTelemetry?.exported ?? 0;
  process.send({ cpu: user + system, rss: process.memoryUsage.rss(), spans });
}
