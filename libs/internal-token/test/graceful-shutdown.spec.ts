import { jest } from '@jest/globals';
import {
  Controller,
  Get,
  type INestApplication,
  Injectable,
  type LoggerService,
  type MessageEvent,
  type OnModuleDestroy,
  Sse,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { GracefulShutdown, NoInternalToken, type SpanRecord, Tracer } from 'nestjs-internal-token';
import { fromEvent, NEVER, startWith, takeUntil } from 'rxjs';
import { holdTimers } from '../../../test/support/held-timers.js';
import { EdgeGateway } from '../../../test/support/edge-gateway.js';
import { HttpUpstream } from '../../../test/support/upstream.js';
import { ShutdownSequence } from '../src/nest/index.js';
import { resolveShutdownOptions } from '../src/nest/shutdown/graceful-shutdown.options.js';
import { OpenRequests } from '../src/nest/admission/open-requests.js';
import { ADAPTERS, start } from './support/adapters.js';

/** Like a database pool: closed as soon as Nest ends its module. */
@Injectable()
class Database implements OnModuleDestroy {
  #connected = true;

  onModuleDestroy(): void {
    this.#connected = false;
  }

  read(): string {
    if (!this.#connected) throw new Error('the pool is closed');
    return 'a row';
  }
}

@Controller()
@NoInternalToken()
class ThingsController {
  constructor(
    private readonly database: Database,
    private readonly shutdown: GracefulShutdown,
  ) {}

  @Get('quick')
  quick(): string {
    return this.database.read();
  }

  @Get('slow')
  async slow(): Promise<string> {
    await goOn.promise;
    return this.database.read();
  }

  @Sse('endless')
  endless() {
    return NEVER.pipe(startWith({ data: 'first' } as MessageEvent));
  }

  @Sse('polite')
  polite() {
    const end = fromEvent(this.shutdown.draining, 'abort');
    return NEVER.pipe(startWith({ data: 'first' } as MessageEvent), takeUntil(end));
  }
}

let goOn: PromiseWithResolvers<void>;
const parts = { controllers: [ThingsController], providers: [Database] };
const turn = () => new Promise((resolve) => setImmediate(resolve));
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await turn();
};

/** A persistent connection and what was received on it. */
class Client {
  received = '';
  isClosed = false;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => (this.received += chunk.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => (this.isClosed = true));
  }

  static async open(port: number): Promise<Client> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Client(socket);
  }

  send(...paths: readonly string[]): void {
    this.socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`).join(''));
  }

  /** Sends requests, and waits for as many complete answers with this body. */
  async get(path: string, body: string): Promise<string> {
    this.received = '';
    this.send(path);
    await until(() => this.received.endsWith(body) || this.isClosed);
    return this.received;
  }

  closed(): Promise<void> {
    return until(() => this.isClosed);
  }
}

const accepts = async (port: number): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1');
  const accepted = await new Promise<boolean>((resolve) => {
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
  });
  socket.destroy();
  return accepted;
};

/** Starts a shutdown as a signal does. Timers are held, so the test decides when the delay ends. */
function shutDown(app: INestApplication, deadlineMs = 20_000) {
  const settings = resolveShutdownOptions({ delayMs: 1_000, deadlineMs });
  const ended = app.get(ShutdownSequence, { strict: false }).run(app, settings, 'SIGTERM');
  return { ended, passDelay: () => jest.advanceTimersByTimeAsync(1_000) };
}

function recordLines(): { readonly lines: string[]; readonly logger: LoggerService } {
  const lines: string[] = [];
  const keep = (message: unknown, ...rest: unknown[]): void => {
    if (rest.at(-1) === 'Shutdown') lines.push(String(message));
  };
  return { lines, logger: { log: keep, warn: keep, error: keep } };
}

beforeEach(() => {
  goOn = Promise.withResolvers();
  holdTimers();
});
afterEach(() => jest.useRealTimers());

describe.each(ADAPTERS)('The shutdown of an application on $adapter', (row) => {
  it('R163: answers open requests while its providers are still alive, with Connection: close', async () => {
    const { lines, logger } = recordLines();
    const { app, port } = await start(row, { ...parts, logger });
    const client = await Client.open(port);
    const answer = client.get('/slow', 'a row');
    await until(() => app.get(OpenRequests).size === 1);
    const { ended, passDelay } = shutDown(app);
    await passDelay();
    await until(() => app.get(GracefulShutdown).draining.aborted);
    goOn.resolve();
    expect(await answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*connection: close[\s\S]*a row$/i);
    await ended;
    await client.closed();
    expect(lines).toEqual([
      'shutting down (SIGTERM): 1 request open, serving for 1000 ms more',
      'shut down: 1 request open after the delay, 0 ended at the deadline',
    ]);
  });

  it('R163: keeps serving during the delay, on new connections too, and is not ready', async () => {
    const { app, port } = await start(row, parts);
    expect(app.get(GracefulShutdown).begun).toBe(false);
    const { ended, passDelay } = shutDown(app);
    expect(app.get(GracefulShutdown).begun).toBe(true);
    const client = await Client.open(port);
    for (let i = 0; i < 2; i++) expect(await client.get('/quick', 'a row')).not.toMatch(/connection: close/i);
    await passDelay();
    await until(() => app.get(GracefulShutdown).draining.aborted);
    expect(await accepts(port)).toBe(false);
    expect(await client.get('/quick', 'a row')).toMatch(/connection: close[\s\S]*a row$/i);
    await ended;
  });

  it('R163: gives an idle connection the same time again to bring one more request', async () => {
    const { app, port } = await start(row, parts);
    const [used, unused] = [await Client.open(port), await Client.open(port)];
    for (const client of [used, unused]) await client.get('/quick', 'a row');
    const { ended, passDelay } = shutDown(app);
    await passDelay();
    await until(() => app.get(GracefulShutdown).draining.aborted);
    expect(await used.get('/quick', 'a row')).toMatch(/connection: close[\s\S]*a row$/i);
    await used.closed();
    expect(unused.isClosed).toBe(false);
    await passDelay();
    await unused.closed();
    await ended;
  });

  it('R164: does not wait for unused connections when no request is open', async () => {
    const { app, port } = await start(row, parts);
    const silent = await Client.open(port);
    // The server has accepted the connection.
    await (await Client.open(port)).get('/quick', 'a row');
    const { ended, passDelay } = shutDown(app);
    await passDelay();
    await until(() => app.get(GracefulShutdown).draining.aborted);
    await passDelay();
    expect(silent.isClosed).toBe(false);
    await passDelay();
    await ended;
    await silent.closed();
  });

  it('R163: answers every pipelined request, the last one with Connection: close', async () => {
    const { app, port } = await start(row, parts);
    const client = await Client.open(port);
    client.send('/slow', '/slow', '/slow');
    await until(() => app.get(OpenRequests).size === 3);
    const { ended, passDelay } = shutDown(app);
    await passDelay();
    goOn.resolve();
    await ended;
    await client.closed();
    expect(client.received.match(/a row/g)).toHaveLength(3);
    expect(client.received.match(/connection: close/gi)).toHaveLength(1);
  });

  it('R164: breaks off what is open at the deadline, with one line that names it', async () => {
    const { lines, logger } = recordLines();
    const { app, port } = await start(row, { ...parts, logger });
    const spans: SpanRecord[] = [];
    app.get(Tracer).onEnd((record) => spans.push(record));
    const [stream, polite, unfinished] = [await Client.open(port), await Client.open(port), await Client.open(port)];
    stream.send('/endless');
    polite.send('/polite');
    unfinished.send('/slow');
    await until(() => [stream, polite].every(({ received }) => received.includes('first')));
    await until(() => app.get(OpenRequests).size === 3);
    const { ended, passDelay } = shutDown(app, 5_000);
    await passDelay();
    // A stream that listens to `draining` ends regularly.
    await until(() => polite.received.endsWith('0\r\n\r\n'));
    await jest.advanceTimersByTimeAsync(4_000);
    await ended;
    await Promise.all([stream.closed(), polite.closed(), unfinished.closed()]);
    expect(lines).toEqual([
      expect.stringMatching(/^shutting down/),
      expect.stringMatching(/^ended at the deadline of 5000 ms: 2 requests \([0-9a-f]{32}, [0-9a-f]{32}\)$/),
      'shut down: 3 requests open after the delay, 2 ended at the deadline',
    ]);
    const broken = spans.filter(({ error }) => error !== undefined);
    expect(broken.map(({ error }) => String(error))).toEqual(
      Array(2).fill('Error: The application shut down before the answer was complete'),
    );
    for (const { traceId } of broken) expect(lines[1]).toContain(traceId);
    goOn.resolve();
  });
});

describe('An application that cannot be closed', () => {
  const { promise: closing, resolve: onClosing } = Promise.withResolvers<void>();

  @Injectable()
  class Stuck implements OnModuleDestroy {
    onModuleDestroy(): Promise<void> {
      onClosing();
      return new Promise(() => undefined);
    }
  }

  it('R164: gets 5 seconds, and one line reports it', async () => {
    const { lines, logger } = recordLines();
    const { app } = await start(ADAPTERS[0], { ...parts, providers: [Database, Stuck], logger });
    const { ended, passDelay } = shutDown(app);
    await passDelay();
    await closing;
    await jest.advanceTimersByTimeAsync(5_000);
    expect(await ended).toBe(false);
    expect(lines.slice(1)).toEqual([
      'the application did not close within 5000 ms: a lifecycle hook (onModuleDestroy, beforeApplicationShutdown, ' +
        'onApplicationShutdown) does not finish',
    ]);
  });
});

describe.each(['fastify', 'express'] as const)('The shutdown of a gateway on %s', (platform) => {
  it('R163: answers forwarded requests with Connection: close, and so does its internal listener', async () => {
    const upstream = await HttpUpstream.start();
    const gateway = await EdgeGateway.start({
      platform,
      edge: { forwarding: { upstreams: { catalog: { origin: upstream.url } } } },
    });
    const [outside, inside] = [await Client.open(gateway.port), await Client.open(gateway.internal.port)];
    await inside.get('/health/ready', 'ready');
    const arrived = upstream.next();
    const answer = outside.get('/catalog/items', 'forwarded');
    const { response } = await arrived;
    const { ended, passDelay } = shutDown(gateway.app);
    await passDelay();
    await until(() => gateway.app.get(GracefulShutdown, { strict: false }).draining.aborted);
    expect([await accepts(gateway.port), await accepts(gateway.internal.port)]).toEqual([false, false]);
    response.end('forwarded');
    expect(await answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*connection: close[\s\S]*forwarded/i);
    expect(await inside.get('/health/ready', 'ready')).toMatch(/connection: close/i);
    await ended;
    await gateway.issuer.close();
    await upstream.stop();
  });
});

describe('The times of a shutdown', () => {
  it.each([
    [{ delayMs: 5_000, deadlineMs: 5_000 }, /"deadlineMs" must be later than "delayMs" \(5000\).*, not 5000/],
    [{ delayMs: -1 }, /"delayMs" must be .*, not -1/],
    [{ deadlineMs: 1.5 }, /"deadlineMs" must be .*, not 1.5/],
    [{ deadlineMs: Number.NaN }, /"deadlineMs" must be .*, not NaN/],
  ])('refuses the times %j', (options, problem) => {
    expect(() => resolveShutdownOptions(options)).toThrow(problem);
  });

  it('R163: serves for another 5 seconds by default', () => {
    expect(resolveShutdownOptions({})).toEqual({ delayMs: 5_000, deadlineMs: 25_000, signals: ['SIGTERM', 'SIGINT'] });
    expect(resolveShutdownOptions({ delayMs: 0 }).delayMs).toBe(0);
  });
});

it('enableGracefulShutdown() refuses to start without InternalTokenModule and names it', async () => {
  class EmptyModule {}
  const app = await NestFactory.create({ module: EmptyModule }, { logger: false });
  expect(() => GracefulShutdown.enable(app)).toThrow(
    expect.objectContaining({
      code: 'configuration_invalid',
      message: expect.stringMatching(/Import InternalTokenModule/),
    }),
  );
  await app.close();
});
