import { Controller, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { BoundedFastifyAdapter } from './bounded-fastify.adapter.js';

@Controller()
class UploadController {
  @Post()
  upload(): void {}
}

@Module({ controllers: [UploadController] })
class UploadModule {}

describe('a server that waits for clients', () => {
  async function start(drainTimeout?: number): Promise<{ app: NestFastifyApplication; server: Server }> {
    const adapter = new BoundedFastifyAdapter({}, drainTimeout);
    const app = await NestFactory.create<NestFastifyApplication>(UploadModule, adapter, { logger: false });
    await app.listen(0, '127.0.0.1');
    return { app, server: app.getHttpServer() as Server };
  }

  it('gives a request a limited time to arrive', async () => {
    const { app, server } = await start();
    expect(server.requestTimeout).toBe(300_000);
    expect(server.headersTimeout).toBeGreaterThan(0);
    await app.close();
  });

  it('closes although a client never finishes its body', async () => {
    const { app, server } = await start(50);
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const arrived = once(server, 'request');
    socket.on('error', () => undefined);
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{');
    await arrived;
    const closed = once(socket, 'close');
    await app.close();
    await closed;
  });
});
