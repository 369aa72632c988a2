import { jest } from '@jest/globals';
import {
  type CanActivate,
  Controller,
  ForbiddenException,
  Get,
  Injectable,
  Logger,
  Module,
  Param,
  Res,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InternalTokenProblemFilter } from '../http/index.js';
import { InternalTokenModule, NoInternalToken, Tracer } from '../nest/index.js';
import { TestTokenIssuer } from '../testing/index.js';
import { resolveLoggingOptions } from './internal-token-logging.options.js';
import { InternalTokenLoggingModule, InternalTokenLogger, type LogLine } from './index.js';

const schema = JSON.parse(readFileSync(new URL('./log-line.schema.json', import.meta.url), 'utf8')) as object;
const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile<LogLine>(schema);
const tokens = new TestTokenIssuer({ trustDomain: 'shop.example' });
const background: Promise<unknown>[] = [];
/** State of the request that waits for its client to disconnect. */
let arrived = Promise.withResolvers<void>();
let left = Promise.withResolvers<void>();

@Injectable()
class StockGuard implements CanActivate {
  readonly #logger = new Logger(StockGuard.name);

  canActivate(): boolean {
    this.#logger.log('in a guard');
    return true;
  }
}

@Controller('orders')
class OrdersController {
  readonly #logger = new Logger(OrdersController.name);

  constructor(private readonly tracer: Tracer) {}

  @Get(':id')
  async find(): Promise<string> {
    this.#logger.log('before', { item: 'tea' });
    await new Promise((resolve) => setTimeout(resolve, 1));
    this.#logger.warn('after an await', new Error('odd'));
    const stock = await this.tracer.run({ op: 'inventory.stock', kind: 'internal', service: 'inventory' }, async () => {
      await Promise.resolve();
      this.#logger.log('in the port');
      return '3';
    });
    background.push(
      new Promise((resolve) => setTimeout(resolve, 30)).then(() =>
        this.#logger.log('after the answer, in a child task'),
      ),
    );
    return stock;
  }

  @Get(':id/fault')
  fault(): never {
    throw new Error('broken');
  }

  /** Sends half of an answer and then breaks off or stalls. */
  @Get(':id/half/:way')
  async half(@Param('way') way: string, @Res() response: ServerResponse & { raw?: ServerResponse }): Promise<void> {
    const { raw = response } = response;
    await new Promise((sent) => raw.write('half', sent));
    if (way === 'broken') throw new Error('broken');
  }

  /** Does not answer before its client has disconnected; then it completes or fails. */
  @Get(':id/nothing/:way')
  async nothing(@Param('way') way: string): Promise<string> {
    arrived.resolve();
    await left.promise;
    if (way === 'broken') throw new Error('broken');
    return 'too late';
  }

  /** A status that no RFC defines; Node and its clients accept any three digits. */
  @Get(':id/odd')
  odd(@Res() response: ServerResponse & { raw?: ServerResponse }): void {
    const { raw = response } = response;
    raw.writeHead(799).end();
  }

  @Get(':id/refused')
  @NoInternalToken()
  refused(): never {
    throw new ForbiddenException();
  }
}

@Module({
  imports: [
    InternalTokenModule.forRoot({ service: 'orders', trustDomain: 'shop.example', keys: tokens.keys }),
    InternalTokenLoggingModule.forRoot({ identity: ['tenant'] }),
  ],
  controllers: [OrdersController],
  providers: [
    { provide: APP_FILTER, useClass: InternalTokenProblemFilter },
    { provide: APP_GUARD, useClass: StockGuard },
  ],
})
class AppModule {}

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
])('The log of an application on %s', (_, adapter) => {
  const written: string[] = [];
  let base: string;
  let close: () => Promise<void>;

  const lines = () => written.map((text) => JSON.parse(text) as LogLine);
  const linesOf = (txn: string) => lines().filter((line) => line.txn === txn);

  beforeAll(async () => {
    const logger = new InternalTokenLogger({ service: 'orders', destination: { write: (text) => written.push(text) } });
    const app = await NestFactory.create(AppModule, adapter(), { logger });
    await app.listen(0, '127.0.0.1');
    base = `http://127.0.0.1:${((app.getHttpServer() as Server).address() as AddressInfo).port}`;
    close = () => app.close();
  });

  afterAll(() => close());

  async function ask(path: string, token?: string) {
    const response = await fetch(`${base}${path}`, { headers: token === undefined ? {} : { 'Txn-Token': token } });
    await response.text();
    await Promise.all(background.splice(0));
    await ended(String(response.headers.get('x-request-id')));
    return response;
  }

  /** The end line is written when the response closes, a moment after the client has read it. */
  async function ended(txn: string): Promise<void> {
    while (!linesOf(txn).some(({ ev, kind }) => ev === 'end' && kind === 'server')) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  it('R117, R126: every line of a request has the token id: in guard, handler, port, after awaits and in child tasks', async () => {
    const claims = tokens.claims({ scope: 'test', tenantId: 'acme' });
    await ask('/orders/7', tokens.token(claims));
    const request = linesOf(claims.tokenId);
    const spoken = request.filter(({ ev }) => ev === undefined);
    expect(spoken.map(({ msg, service }) => `${service}: ${msg}`)).toEqual([
      'orders: in a guard',
      'orders: before',
      'orders: after an await',
      'inventory: in the port',
      'orders: after the answer, in a child task',
    ]);
    for (const line of request) expect(line).toMatchObject({ txn: claims.tokenId, trace_id: claims.tokenId });
  });

  it('writes one end line for the request and one for the port, as a tree', async () => {
    const claims = tokens.claims({ scope: 'test', tenantId: 'acme', userId: 'ada' });
    await ask('/orders/7', tokens.token(claims));
    const [port, server, ...more] = linesOf(claims.tokenId).filter(({ ev }) => ev === 'end');
    expect(more).toEqual([]);
    expect(server).toMatchObject({
      kind: 'server',
      op: 'GET /orders/:id',
      route: '/orders/:id',
      status: 200,
      tenant: 'acme',
    });
    expect(server?.tok).toMatchObject({ kid: expect.any(String) as string, verify_us: expect.any(Number) as number });
    expect(port).toMatchObject({ kind: 'internal', op: 'inventory.stock', status: 'ok', service: 'inventory' });
    expect(port?.parent_span_id).toBe(server?.span_id);
    expect(port?.dur).toBeLessThanOrEqual(server?.dur ?? 0);
    expect(linesOf(claims.tokenId).filter(({ ev }) => ev === 'start')).toHaveLength(2);
  });

  it('logs a refusal, a missing route and a failure under the ids of their requests', async () => {
    for (const [path, token, status, level] of [
      ['/orders/7', undefined, 401, 'info'],
      ['/orders/7', tokens.tampered(), 401, 'info'],
      ['/orders/7/refused', undefined, 403, 'info'],
      ['/nowhere', tokens.token(), 404, 'info'],
      ['/orders/7/odd', tokens.token({ scope: 'test' }), 799, 'error'],
      ['/orders/7/fault', tokens.token({ scope: 'test' }), 500, 'error'],
    ] as const) {
      const response = await ask(path, token);
      expect(response.status).toBe(status);
      const request = linesOf(String(response.headers.get('x-request-id')));
      expect(request.find(({ ev }) => ev === 'end')).toMatchObject({ level, status, kind: 'server' });
      expect(request.some(({ err }) => err?.stack !== undefined)).toBe(status === 500);
    }
  });

  it('distinguishes an answer that broke off from a client that did not wait for the rest', async () => {
    for (const [way, level, err] of [
      ['broken', 'error', { message: 'broken' }],
      ['silent', 'info', { status: 499 }],
    ] as const) {
      const leaving = new AbortController();
      const { signal } = leaving;
      const response = await fetch(`${base}/orders/7/half/${way}`, {
        headers: { 'Txn-Token': tokens.token({ scope: 'test' }) },
        signal,
      });
      if (way === 'silent') leaving.abort();
      await expect(response.text()).rejects.toThrow();
      const txn = String(response.headers.get('x-request-id'));
      await ended(txn);
      const line = linesOf(txn).find(({ ev, kind }) => ev === 'end' && kind === 'server');
      expect(line).toMatchObject({ level, status: 200, err });
    }
  });

  it.each(['done', 'broken'])(
    'logs 499 for a client that left before any answer, when the handler is %s later',
    async (way) => {
      arrived = Promise.withResolvers();
      left = Promise.withResolvers();
      const claims = tokens.claims({ scope: 'test' });
      const leaving = new AbortController();
      const headers = { 'Txn-Token': tokens.token(claims) };
      const asked = fetch(`${base}/orders/7/nothing/${way}`, { headers, signal: leaving.signal });
      await arrived.promise;
      leaving.abort();
      await expect(asked).rejects.toThrow();
      await ended(claims.tokenId);
      left.resolve();
      await ask('/orders/7', tokens.token());
      const ends = linesOf(claims.tokenId).filter(({ ev, kind }) => ev === 'end' && kind === 'server');
      expect(ends).toEqual([expect.objectContaining({ level: 'info', status: 499 })]);
      expect(ends[0]?.err).toMatchObject({ status: 499 });
    },
  );

  it('R115, R120: contains neither token nor user', async () => {
    await ask('/orders/7', tokens.token({ scope: 'test', userId: 'ada-lovelace' }));
    await ask('/orders/7', tokens.expired({ userId: 'ada-lovelace' }));
    expect(written.join('')).not.toMatch(/eyJ|ada-lovelace/);
  });

  it('every line conforms to the schema', () => {
    expect(written.length).toBeGreaterThan(30);
    expect(new Set(lines().map(({ ev }) => ev))).toEqual(new Set([undefined, 'start', 'end']));
    for (const line of lines()) {
      expect({ line, errors: validate(line) ? [] : validate.errors }).toEqual({ line, errors: [] });
    }
  });

  it('the schema refuses a line with an unknown member', () => {
    const [line] = lines();
    expect(validate({ ...line, authorization: 'x' })).toBe(false);
    expect(validate({ ...line, txn: 'x', trace_id: 'x' })).toBe(false);
    expect(validate({ ...line, time: 'now' })).toBe(false);
  });
});

describe('The log of an application that samples', () => {
  it("has no span of a successful request, all spans of a failed one, and the application's own lines of both", async () => {
    const written: LogLine[] = [];
    const destination = { write: (text: string) => written.push(JSON.parse(text) as LogLine) };
    const logger = new InternalTokenLogger({ service: 'orders', destination, level: 'info' });
    const sampling = { rate: 0, slowMs: 600_000 };

    @Module({
      imports: [
        InternalTokenModule.forRoot({ service: 'orders', trustDomain: 'shop.example', keys: tokens.keys }),
        InternalTokenLoggingModule.forRoot({ sampling }),
      ],
      controllers: [OrdersController],
      providers: [{ provide: APP_FILTER, useClass: InternalTokenProblemFilter }],
    })
    class SamplingModule {}

    const app = await NestFactory.create(SamplingModule, new FastifyAdapter(), { logger });
    await app.listen(0, '127.0.0.1');
    const [good, bad] = [tokens.claims({ scope: 'test' }), tokens.claims({ scope: 'test' })];
    const base = await app.getUrl();
    for (const [path, claims] of [
      ['/orders/7', good],
      ['/orders/7/fault', bad],
    ] as const) {
      await (await fetch(`${base}${path}`, { headers: { 'Txn-Token': tokens.token(claims) } })).text();
    }
    await Promise.all(background.splice(0));
    while (!written.some(({ ev }) => ev === 'end')) await new Promise((resolve) => setTimeout(resolve, 2));
    await app.close();

    const ofGood = written.filter(({ txn }) => txn === good.tokenId);
    expect(ofGood.map(({ msg }) => msg)).toContain('in the port');
    expect(ofGood.filter(({ ev }) => ev !== undefined)).toEqual([]);
    const spans = written.filter(({ ev }) => ev !== undefined);
    expect(spans).toEqual([expect.objectContaining({ txn: bad.tokenId, status: 500, kept: 'error' })]);
  });
});

describe('The log of a request whose key has to be fetched first', () => {
  const { promise: fetched, resolve: arrive } = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  let loads = 0;
  const keys = {
    description: 'a gateway that has begun to sign with another key',
    load: async (signal: AbortSignal) => {
      if (loads++ === 0) return new TestTokenIssuer({ trustDomain: 'shop.example' }).keys.source.load(signal);
      asked.resolve();
      await fetched;
      return tokens.keys.source.load(signal);
    },
  };

  @Module({
    imports: [
      InternalTokenModule.forRoot({ service: 'orders', trustDomain: 'shop.example', keys: { source: keys } }),
      InternalTokenLoggingModule.forRoot(),
    ],
    controllers: [OrdersController],
  })
  class WaitingModule {}

  it("has its start line under the token's id, and no line under another id", async () => {
    const written: LogLine[] = [];
    const destination = { write: (text: string) => written.push(JSON.parse(text) as LogLine) };
    const logger = new InternalTokenLogger({ service: 'orders', destination, level: 'debug' });
    const app = await NestFactory.create(WaitingModule, new FastifyAdapter(), { logger });
    await app.listen(0, '127.0.0.1');
    const claims = tokens.claims({ scope: 'test' });
    const answer = fetch(`${await app.getUrl()}/orders/7`, { headers: { 'Txn-Token': tokens.token(claims) } });
    await asked.promise;
    arrive();
    expect((await answer).status).toBe(200);
    await Promise.all(background.splice(0));
    await app.close();
    const spans = written.filter(({ ev, kind }) => ev !== undefined && kind === 'server');
    expect(spans.map(({ ev, txn }) => [ev, txn])).toEqual([
      ['start', claims.tokenId],
      ['end', claims.tokenId],
    ]);
  });
});

it('refuses to start with two logging modules, which would both write each span', async () => {
  @Module({
    imports: [
      InternalTokenModule.forRoot({ service: 'orders', trustDomain: 'shop.example', keys: tokens.keys }),
      InternalTokenLoggingModule.forRoot(),
      InternalTokenLoggingModule.forRoot({ identity: ['tenant'] }),
    ],
  })
  class DoubledModule {}

  const starting = NestFactory.createApplicationContext(DoubledModule, { logger: false, abortOnError: false });
  await expect(starting).rejects.toMatchObject({ code: 'configuration_invalid' });
});

it('an application without a logger still opens spans', () => {
  Logger.overrideLogger(false);
  const problems = jest.spyOn(Logger.prototype, 'error');
  const tracer = new Tracer({ service: 'orders' });
  const logging = new InternalTokenLoggingModule(tracer, resolveLoggingOptions({}));
  logging.onModuleInit();
  expect(tracer.run({ op: 'stock.reserve', kind: 'internal' }, () => 7)).toBe(7);
  logging.onApplicationShutdown();
  expect(problems).not.toHaveBeenCalled();
});
