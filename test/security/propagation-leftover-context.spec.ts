import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { once } from 'node:events';
import { createServer, IncomingMessage, request, type Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InternalTokenContext, InternalTokenModule, NoInternalToken } from 'nestjs-internal-token';
import { RequestHook } from '../../libs/internal-token/src/nest/index.js';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';

const tokens = new TestTokenIssuer();

@Controller()
class WhoController {
  constructor(private readonly context: InternalTokenContext) {}

  @Get('who')
  @NoInternalToken()
  who() {
    try {
      return this.context.claims.userId;
    } catch (error) {
      return (error as { code: string }).code;
    }
  }
}

@Module({
  imports: [InternalTokenModule.forRoot({ service: 'who', trustDomain: 'test', keys: tokens.keys })],
  controllers: [WhoController],
})
class WhoModule {}

describe("a request that arrives in another request's context", () => {
  it('R96: is counted and served in its own context', async () => {
    const app = await NestFactory.create(WhoModule, { logger: false });
    await app.listen(0, '127.0.0.1');
    const hook = app.get(RequestHook);
    const server = app.getHttpServer() as Server;
    const { port } = server.address() as AddressInfo;
    const ask = async (to: number) => {
      const [response] = (await once(request({ port: to, path: '/who' }).end(), 'response')) as [NodeJS.ReadableStream];
      let text = '';
      for await (const chunk of response) text += String(chunk);
      return text;
    };
    expect(await ask(port)).toBe('txn_no_context');
    expect(hook.leftovers).toBe(0);

    // A pool, queue or agent created by one request that serves the next.
    const leaking = createServer();
    app.get(InternalTokenContext).run(tokens.claims({ userId: 'somebody-else' }), () => {
      leaking.on('request', (req: IncomingMessage, res: ServerResponse) => void server.emit('request', req, res));
      leaking.listen(0, '127.0.0.1');
    });
    await once(leaking, 'listening');
    expect(await ask((leaking.address() as AddressInfo).port)).toBe('txn_no_context');
    expect(hook.leftovers).toBe(1);
    leaking.closeAllConnections();
    leaking.close();
    await app.close();
  });
});
