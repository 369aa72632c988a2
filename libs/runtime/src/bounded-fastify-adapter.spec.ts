import { Controller, Get, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Server } from 'node:http';
import { BoundedFastifyAdapter } from './bounded-fastify-adapter.js';

@Controller('things')
class ThingsController {
  @Get(':id')
  one(@Param('id') id: string) {
    return id.length;
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

describe('The bounded Fastify adapter', () => {
  it('limits the time in which a request must arrive', async () => {
    const adapter = new BoundedFastifyAdapter({});
    const app = await NestFactory.create<NestFastifyApplication>(ThingsModule, adapter, { logger: false });
    const server = app.getHttpServer() as Server;
    expect(server.requestTimeout).toBe(300_000);
    expect(server.headersTimeout).toBeGreaterThan(0);
    await app.close();
  });

  it('takes a path parameter of 500 characters', async () => {
    const app = await NestFactory.create<NestFastifyApplication>(ThingsModule, new BoundedFastifyAdapter({}), {
      logger: false,
    });
    await app.init();
    const at = async (length: number) => (await app.inject(`/things/${'x'.repeat(length)}`)).statusCode;
    expect([await at(500), await at(501)]).toEqual([200, 414]);
    await app.close();
  });
});
