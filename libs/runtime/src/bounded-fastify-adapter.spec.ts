import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Server } from 'node:http';
import { BoundedFastifyAdapter } from './bounded-fastify-adapter.js';

@Module({})
class EmptyModule {}

describe('a server that waits for clients', () => {
  it('gives a request a limited time to arrive', async () => {
    const adapter = new BoundedFastifyAdapter({});
    const app = await NestFactory.create<NestFastifyApplication>(EmptyModule, adapter, { logger: false });
    const server = app.getHttpServer() as Server;
    expect(server.requestTimeout).toBe(300_000);
    expect(server.headersTimeout).toBeGreaterThan(0);
    await app.close();
  });
});
