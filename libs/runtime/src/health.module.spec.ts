import { setImmediate as turn } from 'node:timers/promises';
import { Global, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { GracefulShutdown, InternalTokenModule } from 'nestjs-internal-token';
import { InternalTokenLogger } from 'nestjs-internal-token/logging';
import { InternalTokenLoggingModule } from 'nestjs-internal-token/logging';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';
import { OpenRequests } from '../../internal-token/src/nest/admission/open-requests.js';
import { ShutdownSequence } from '../../internal-token/src/nest/shutdown/shutdown-sequence.js';
import { HealthModule } from './health.module.js';
import { loggingSettings, spanLogging } from './settings/shared-settings.js';
import { loadSettings } from './settings/load-settings.js';

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

describe('Readiness', () => {
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

  it('names what it waits for, and logs each change once', async () => {
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

  it('R163: ends as soon as the application is told to end', async () => {
    app.get(Provider).ready = true;
    const ended = app.get(ShutdownSequence).run(app, { delayMs: 0, deadlineMs: 1, signals: [] }, 'SIGTERM');
    expect(await probe()).toEqual([503, { status: 'shutting down' }]);
    await ended;
  });
});

describe('A health probe', () => {
  const levels: string[] = [];
  let app: NestFastifyApplication;
  const keys = new Keys();

  beforeAll(async () => {
    const { values } = loadSettings('sample', loggingSettings, {});
    @Module({
      imports: [
        InternalTokenModule.forRoot({
          service: 'sample',
          trustDomain: 'shop.test',
          keys: new TestTokenIssuer({ trustDomain: 'shop.test' }).keys,
        }),
        InternalTokenLoggingModule.forRoot(spanLogging(values)),
        HealthModule.of(Keys),
      ],
      providers: [{ provide: Keys, useValue: keys }],
    })
    class ProbedModule {}
    const destination = { write: (text: string) => levels.push(told(JSON.parse(text) as Line)) };
    const logger = new InternalTokenLogger({ service: 'sample', level: 'debug', destination });
    app = await NestFactory.create<NestFastifyApplication>(ProbedModule, new FastifyAdapter(), { logger });
    await app.listen(0, '127.0.0.1');
    levels.length = 0;
  });
  afterAll(() => app.close());

  interface Line {
    level: string;
    msg: string;
    ev?: string;
    status?: number;
  }
  const told = ({ level, msg, ev, status }: Line) => [level, ev, msg, status].filter(Boolean).join(' ');

  /** The answer, once its line is written. */
  const ask = async (path: string): Promise<Response> => {
    const before = levels.filter((line) => line.includes(' end ')).length;
    const response = await fetch(`${await app.getUrl()}${path}`, { headers: { Connection: 'close' } });
    await response.text();
    while (levels.filter((line) => line.includes(' end ')).length === before) await turn();
    return response;
  };

  it('R170: is logged at debug level only, ready or not, and its 503 has a Retry-After', async () => {
    expect((await ask('/health/ready')).headers.get('retry-after')).toBe('1');
    keys.ready = true;
    for (const path of ['/health/ready', '/health/live']) expect((await ask(path)).status).toBe(200);
    expect(levels.filter((line) => !line.startsWith('debug start'))).toEqual([
      'warn Not ready, waiting for: Keys',
      'debug end GET /health/ready 503',
      'info Ready',
      'debug end GET /health/ready 200',
      'debug end GET /health/live 200',
    ]);
  });

  it('is logged like any other request if it fails', async () => {
    Object.defineProperty(keys, 'ready', {
      get: () => {
        throw new Error('a defect');
      },
    });
    expect((await ask('/health/ready')).status).toBe(500);
    expect(levels).toContain('error end GET /health/ready 500');
  });
});
