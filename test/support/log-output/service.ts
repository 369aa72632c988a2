// Run as its own process by failing-output.spec.ts: an application that logs to standard output. Does what the parent
// sends, and answers with what is still unwritten after all of it was tried.
import 'reflect-metadata';
import { setImmediate } from 'node:timers/promises';
import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { InternalTokenModule, Tracer } from 'nestjs-internal-token';
import { InternalTokenLogger, InternalTokenLoggingModule } from 'nestjs-internal-token/logging';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';

export type Wish =
  | { lines: number; size: number; level?: 'log' | 'fatal' }
  | { spans: number }
  | { open: number; fail: 'throw' | 'reject'; with: string };

@Module({
  imports: [
    InternalTokenModule.forRoot({ service: 'orders', trustDomain: 'test', keys: new TestTokenIssuer().keys }),
    InternalTokenLoggingModule.forRoot(),
  ],
})
class ServiceModule {}

const logger = new InternalTokenLogger({ service: 'orders', level: 'info' });
const app = await NestFactory.createApplicationContext(ServiceModule, { logger: ['fatal'] });
app.useLogger(logger);
const tracer = app.get(Tracer);

async function fulfil(wish: Wish): Promise<void> {
  if ('lines' in wish) {
    for (let count = 0; count < wish.lines; count++) new Logger('Test')[wish.level ?? 'log']('x'.repeat(wish.size));
  } else if ('spans' in wish) {
    for (let count = 0; count < wish.spans; count++) tracer.open({ op: 'orders.place', kind: 'internal' }).end('ok');
  } else {
    for (let count = 0; count < wish.open; count++) tracer.open({ op: `orders.place ${count}`, kind: 'internal' });
    const error = new Error(wish.with);
    if (wish.fail === 'reject') void Promise.reject(error);
    else
      process.nextTick(() => {
        throw error;
      });
  }
  await setImmediate();
  process.send?.({ waiting: process.stdout.writableLength });
}

process.on('message', (wish: Wish) => void fulfil(wish));
process.send?.({ waiting: 0 });
