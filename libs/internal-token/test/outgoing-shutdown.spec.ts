import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AnyScope, InternalTokenModule } from 'nestjs-internal-token';
import { InternalTokenHttpModule } from 'nestjs-internal-token/http';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';
import { Listener, userOf } from './support/outgoing.js';

describe('An application that closes', () => {
  it('R89: sends the token with the calls of its last requests', async () => {
    const tokens = new TestTokenIssuer();
    const peer = await new Listener().listen();
    const entered = Promise.withResolvers<void>();
    const closing = Promise.withResolvers<void>();

    @Controller()
    class SlowController {
      @Get()
      @AnyScope()
      async slow(): Promise<string> {
        entered.resolve();
        await closing.promise;
        return (await fetch(peer.origin)).text();
      }
    }

    /** By then Nest has ended its modules and waits for open requests. */
    @Injectable()
    class Closing {
      beforeApplicationShutdown = (): void => closing.resolve();
    }

    @Module({
      imports: [
        InternalTokenModule.forRoot({ service: 'shop', trustDomain: 'test', keys: tokens.keys }),
        InternalTokenHttpModule.forRoot({ internalOrigins: [peer.origin] }),
      ],
      controllers: [SlowController],
      providers: [Closing],
    })
    class ShopModule {}
    const app = await NestFactory.create(ShopModule, { logger: false });
    await app.listen(0, '127.0.0.1');
    const headers = { 'Txn-Token': tokens.token({ userId: 'ada' }), Connection: 'close' };
    const answer = fetch(await app.getUrl(), { headers });
    await entered.promise;
    await app.close();
    expect((await answer).status).toBe(200);
    expect(peer.received.map(({ token }) => userOf(token))).toEqual(['ada']);
    peer.close();
  });
});
