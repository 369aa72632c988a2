import { Global, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { GracefulShutdown } from 'nestjs-internal-token';
import { InternalTokenLogger } from 'nestjs-internal-token/logging';
import { OpenRequests } from '../../internal-token/src/nest/shutdown/open-requests.js';
import { ShutdownSequence } from '../../internal-token/src/nest/shutdown/shutdown-sequence.js';
import { HealthModule } from './health.module.js';

@Injectable()
class Keys {
  ready = false;
}

@Injectable()
class Provider {
  ready = true;
}

const SHUTDOWN = [OpenRequests, ShutdownSequence, GracefulShutdown];

@Global()
@Module({ providers: SHUTDOWN, exports: SHUTDOWN })
class ShutdownModule {}

@Module({ imports: [HealthModule.of(Keys, Provider), ShutdownModule], providers: [Keys, Provider] })
class SampleModule {}

describe('readiness', () => {
  const lines: { level: string; msg: string; context?: string }[] = [];
  let app: NestFastifyApplication;

  beforeAll(async () => {
    const destination = { write: (text: string) => lines.push(JSON.parse(text) as (typeof lines)[number]) };
    const logger = new InternalTokenLogger({ service: 'sample', level: 'log', destination });
    app = await NestFactory.create<NestFastifyApplication>(SampleModule, new FastifyAdapter(), { logger });
    await app.init();
    lines.length = 0;
  });
  afterAll(() => app.close());

  const probe = async () => {
    const { statusCode, body } = await app.inject({ url: '/health/ready' });
    return [statusCode, JSON.parse(body) as unknown];
  };

  it('says what it waits for, and logs each change once', async () => {
    for (const _ of [1, 2, 3]) expect(await probe()).toEqual([503, { status: 'waiting', waitingFor: ['Keys'] }]);
    app.get(Keys).ready = true;
    for (const _ of [1, 2]) expect(await probe()).toEqual([200, { status: 'ready' }]);
    app.get(Provider).ready = false;
    for (const _ of [1, 2]) expect(await probe()).toEqual([503, { status: 'waiting', waitingFor: ['Provider'] }]);
    expect(lines.map(({ level, msg }) => `${level} ${msg}`)).toEqual([
      'warn Not ready, waiting for: Keys',
      'info Ready',
      'warn Not ready, waiting for: Provider',
    ]);
  });

  it('R163: is over as soon as the application is told to end, ready or not', async () => {
    app.get(Provider).ready = true;
    const ended = app.get(ShutdownSequence).run(app, { delayMs: 0, deadlineMs: 1, signals: [] }, 'SIGTERM');
    expect(await probe()).toEqual([503, { status: 'shutting down' }]);
    await ended;
  });
});
