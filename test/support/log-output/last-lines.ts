// Run as its own process by last-lines.spec.ts: logs to standard output in one turn of the event loop, and ends in it.
import 'reflect-metadata';
import { Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { InternalTokenModule, Tracer } from 'nestjs-internal-token';
import { InternalTokenLogger, InternalTokenLoggingModule } from 'nestjs-internal-token/logging';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';

@Module({
  imports: [
    InternalTokenModule.forRoot({ service: 'orders', trustDomain: 'test', keys: new TestTokenIssuer().keys }),
    InternalTokenLoggingModule.forRoot(),
  ],
})
class EndingModule {}

const app = await NestFactory.createApplicationContext(EndingModule, { logger: ['fatal'] });
app.useLogger(new InternalTokenLogger({ service: 'orders', level: 'info' }));
const logger = new Logger('Test');

function log(...messages: string[]): void {
  for (const message of messages) logger.log(message);
}

const ways = {
  returns: () => undefined,
  exits: () => process.exit(3),
  // Where it is thrown now, the module would reject.
  throws: () =>
    process.nextTick(() => {
      throw new Error('broken');
    }),
  rejects: () => void Promise.reject(new Error('broken')),
  'is asked to end': () => {
    app.enableShutdownHooks();
    process.kill(process.pid, 'SIGTERM');
    // The signal is handled in a later turn; something keeps the process alive until then.
    setTimeout(() => undefined, 60_000);
  },
  'is killed': () => process.kill(process.pid, 'SIGKILL'),
  'logs when nothing is left to do': () => void process.on('beforeExit', () => log('before the exit')),
  'logs when it exits': () => void process.on('exit', () => log('at the exit')),
};

const [, , what = ''] = process.argv;
if (what === 'beside others') {
  log('1');
  process.stdout.write('{"msg":"2"}\n');
  log('3');
  process.stdout.write('{"msg":"4"}\n');
  log('5');
} else {
  log('one', 'two');
  app.get(Tracer).open({ op: 'three', kind: 'internal' }).end('ok');
  ways[what as keyof typeof ways]();
}
