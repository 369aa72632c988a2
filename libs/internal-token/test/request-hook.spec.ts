import { Controller, Get, type INestApplication, Injectable, Post } from '@nestjs/common';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  request,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { inspect } from 'node:util';
import {
  InternalClaims,
  InternalTokenContext,
  InternalTokenError,
  NoInternalToken,
  type SpanRecord,
  Tracer,
} from 'nestjs-internal-token';
import { currentStore, RequestHook, RequestPipeline, RequestRecord, ServicePipeline } from '../src/nest/index.js';
import { TestTokenIssuer } from 'nestjs-internal-token/testing';
import { ADAPTERS, type Running, start } from './support/adapters.js';

let handled = 0;

@Controller('things')
class ThingsController {
  constructor(private readonly tracer: Tracer) {}

  @Get(':id')
  one(@InternalClaims('userId') userId: string) {
    handled += 1;
    return { userId };
  }

  @Get(['one/way', 'other/way/:id'])
  ways() {
    return {};
  }

  @Get('slow/answer')
  never() {
    handled += 1;
    return new Promise(() => undefined);
  }

  @Get('deep/call')
  deep() {
    return this.tracer.run({ op: 'stock.reserve', kind: 'internal', service: 'stock' }, () => ({
      service: currentStore()?.span?.service,
    }));
  }

  @Post()
  create() {
    handled += 1;
    return {};
  }
}

@Controller('open')
class OpenController {
  @Post()
  @NoInternalToken()
  accept() {
    return { accepted: true };
  }
}

/** Loses the context, as a library with its own queue does. */
const outsideRequests = AsyncLocalStorage.snapshot();
const hex = (digit: string, length: number) => digit.repeat(length);

describe.each(ADAPTERS)('The request hook on $adapter', (row) => {
  let running: Running;
  const spans: SpanRecord[] = [];
  const seenByMiddleware: (string | undefined)[] = [];

  beforeAll(async () => {
    running = await start(row, {
      controllers: [ThingsController],
      prepare: (app) => {
        app.use((raw: IncomingMessage, _response: unknown, next: () => void) => {
          seenByMiddleware.push(currentStore()?.txn);
          const context = app.get(InternalTokenContext);
          const stranger = running.tokens.claims({ userId: 'stranger' });
          if (raw.headers['x-test'] === 'lose') outsideRequests(next);
          else if (raw.headers['x-test'] === 'mix') context.run(stranger, next);
          else next();
        });
      },
    });
    running.app.get(Tracer).onEnd((record) => spans.push(record));
  });
  afterAll(() => running.app.close());
  beforeEach(() => {
    spans.length = 0;
    seenByMiddleware.length = 0;
    handled = 0;
  });

  const ended = async (count: number) => {
    while (spans.length < count) await new Promise((resolve) => setImmediate(resolve));
    return spans;
  };

  it('R113a: refuses a bad token before the body is read, even if the body never ends', async () => {
    const sent = request(`${running.url}/things`, {
      method: 'POST',
      headers: { 'Txn-Token': running.tokens.tampered(), 'Content-Type': 'application/json', 'Content-Length': 1000 },
    });
    sent.flushHeaders();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(401);
    expect(response.headers['www-authenticate']).toContain('error="invalid_token"');
    let text = '';
    for await (const chunk of response) text += String(chunk);
    expect(JSON.parse(text)).toMatchObject({ code: 'txn_signature', request_id: response.headers['x-request-id'] });
    expect(seenByMiddleware).toEqual([]);
    expect(handled).toBe(0);
    sent.on('error', () => undefined).destroy();
  });

  it('R113a: tells a client with Expect: 100-continue to send the body only if the token is good', async () => {
    const expecting = async (token: string) => {
      const socket = connect(running.port, '127.0.0.1').setEncoding('latin1');
      const body = JSON.stringify({ a: 1 });
      socket.write(
        `POST /things HTTP/1.1\r\nHost: x\r\nTxn-Token: ${token}\r\nContent-Type: application/json\r\n` +
          `Content-Length: ${body.length}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`,
      );
      let received = '';
      for await (const text of socket as AsyncIterable<string>) {
        received += text;
        if (received === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write(body);
      }
      return received.match(/^HTTP\/1\.1 \d+/gm);
    };
    expect(await expecting(running.tokens.tampered())).toEqual(['HTTP/1.1 401']);
    expect(await expecting(running.tokens.token())).toEqual(['HTTP/1.1 100', 'HTTP/1.1 201']);
  });

  it('R117: runs middleware inside the context, with the id of the token', async () => {
    const claims = running.tokens.claims();
    await running.get('/things/7', running.tokens.token({ tokenId: claims.tokenId }));
    expect(seenByMiddleware).toEqual([claims.tokenId]);
  });

  it('R14: never adopts an id from the caller; a refused request has a fresh one', async () => {
    const id = running.tokens.claims().tokenId;
    const headers = { 'X-Request-Id': id, traceparent: `00-${id}-${hex('b', 16)}-01` };
    const response = await running.get('/things/7', undefined, headers);
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
    expect(response.headers.get('x-request-id')).not.toBe(id);
  });

  it("R117: the framework's own 400 and 404 have an id too", async () => {
    expect((await running.get('/nothing')).headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
    expect((await running.get('/things/%zz')).headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
  });

  it('refuses a request whose context was lost on the way', async () => {
    const response = await running.get('/things/7', running.tokens.token(), { 'X-Test': 'lose' });
    expect(response.status).toBe(401);
    expect(handled).toBe(0);
  });

  it("refuses a request that reaches the guard with another request's verified claims", async () => {
    const response = await running.get('/things/7', running.tokens.token(), { 'X-Test': 'mix' });
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ code: 'txn_no_context' });
    expect(handled).toBe(0);
  });

  it('R126: names a handler with several patterns by the requested one', async () => {
    await running.get('/things/other/way/7', running.tokens.token());
    await running.get('/things/one/way', running.tokens.token());
    const spans = await ended(2);
    expect(spans.map(({ op }) => op)).toEqual(['GET /things/other/way/:id', 'GET /things/one/way']);
  });

  it('R126: opens one server span per request, with id, operation, pattern and token, but never the raw path', async () => {
    const claims = running.tokens.claims();
    await running.get('/things/secret-number', running.tokens.token({ tokenId: claims.tokenId }));
    const [span] = await ended(1);
    expect(span).toMatchObject({
      traceId: claims.tokenId,
      spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
      kind: 'server',
      op: 'GET /things/:id',
      route: '/things/:id',
      service: 'test',
      status: 200,
      token: { kid: expect.any(String), ageMs: expect.any(Number), ttlMs: expect.any(Number) },
    });
    expect(inspect(span, { depth: 9 })).not.toMatch(/secret-number|eyJ/);
  });

  it('a refused request has a span with its status and its error', async () => {
    await running.get('/things/7', running.tokens.expired());
    const [span] = await ended(1);
    expect(span).toMatchObject({ status: 401, error: { code: 'txn_expired' } });
  });

  it('a call into another module is a child span of its service', async () => {
    const response = await running.get('/things/deep/call', running.tokens.token());
    expect(await response.json()).toEqual({ service: 'stock' });
    const [inner, outer] = await ended(2);
    expect(inner).toMatchObject({ op: 'stock.reserve', kind: 'internal', service: 'stock', status: 'ok' });
    expect(inner).toMatchObject({ traceId: outer?.traceId, parentSpanId: outer?.spanId });
  });

  it("R123: the caller's span is the parent if its trace is that of the token", async () => {
    const { tokenId } = running.tokens.claims();
    const parent = hex('b', 16);
    await running.get('/things/7', running.tokens.token({ tokenId }), { traceparent: `00-${tokenId}-${parent}-01` });
    expect((await ended(1))[0]).toMatchObject({ traceId: tokenId, parentSpanId: parent });
  });

  it('R122, R123: drops and counts any other traceparent', async () => {
    const { tokenId } = running.tokens.claims();
    const token = running.tokens.token({ tokenId });
    const before = running.app.get(ServicePipeline).ignoredTraceparents;
    const bad = [
      `00-${hex('a', 32)}-${hex('b', 16)}-01`,
      `ff-${tokenId}-${hex('b', 16)}-01`,
      `00-${tokenId}-${hex('0', 16)}-01`,
    ];
    for (const traceparent of bad) await running.get('/things/7', token, { traceparent });
    for (const span of await ended(3)) expect(span.parentSpanId).toBeUndefined();
    expect(running.app.get(ServicePipeline).ignoredTraceparents - before).toBe(3);
  });

  it('admits requests of a second server on the same application too', async () => {
    const adapter = running.app.getHttpAdapter();
    const instance: unknown = adapter.getInstance();
    const second = createServer((raw, response) => {
      if (adapter.getType() === 'fastify') (instance as FastifyInstance).routing(raw, response);
      else (instance as RequestListener)(raw, response);
    }).listen(0, '127.0.0.1');
    await once(second, 'listening');
    const url = `http://127.0.0.1:${(second.address() as AddressInfo).port}/things/7`;
    expect((await fetch(url)).status).toBe(401);
    const token = running.tokens.token({ userId: 'ada' });
    const good = await fetch(url, { headers: { 'Txn-Token': token, Connection: 'close' } });
    expect(await good.json()).toEqual({ userId: 'ada' });
    expect((await ended(2)).length).toBe(2);
    second.close();
    second.closeAllConnections();
  });

  it('runs before listeners that are added later', async () => {
    const server = running.app.getHttpServer() as ReturnType<typeof createServer>;
    const seen: (string | undefined)[] = [];
    const late = () => seen.push(currentStore()?.txn);
    server.prependListener('request', late);
    const response = await running.get('/things/7', running.tokens.token());
    server.removeListener('request', late);
    expect(seen).toEqual([response.headers.get('x-request-id')]);
  });

  it('an aborted request ends its span, with the reason', async () => {
    const socket = connect(running.port, '127.0.0.1');
    const token = running.tokens.token();
    socket.write(`GET /things/slow/answer HTTP/1.1\r\nHost: x\r\nTxn-Token: ${token}\r\n\r\n`);
    while (handled === 0) await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
    const [span] = await ended(1);
    expect(String(span?.error)).toContain('closed before');
  });

  it('R111, R115: printing the hook, the guard and the tracer shows no token and no key', async () => {
    const token = running.tokens.token();
    await running.get('/things/7', token);
    const printed = inspect(
      [RequestHook, ServicePipeline, Tracer].map((type) => running.app.get<unknown>(type)),
      { depth: 6, showHidden: true },
    );
    for (const part of token.split('.')) expect(printed).not.toContain(part);
    expect(printed).not.toMatch(/eyJ|PRIVATE KEY/);
  });
});

describe('app.inject() on Fastify', () => {
  let running: Running;
  const inject = (app: INestApplication, options: InjectOptions) =>
    (app.getHttpAdapter().getInstance() as FastifyInstance).inject(options);

  beforeAll(async () => {
    running = await start(ADAPTERS[1], { controllers: [ThingsController] });
  });
  afterAll(() => running.app.close());

  it('refuses a request without a token', async () => {
    const response = await inject(running.app, { url: '/things/7' });
    expect(response.statusCode).toBe(401);
    expect(response.json()).toMatchObject({ code: 'txn_missing' });
  });

  it('serves a request with a token', async () => {
    const headers = { 'txn-token': running.tokens.token({ userId: 'ada' }) };
    const response = await inject(running.app, { url: '/things/7', headers });
    expect(response.json()).toEqual({ userId: 'ada' });
  });

  it('refuses a body before it is read', async () => {
    const headers = { 'txn-token': running.tokens.expired() };
    const response = await inject(running.app, { method: 'POST', url: '/things', headers, payload: { a: 1 } });
    expect(response.statusCode).toBe(401);
    expect(response.json()).toMatchObject({ code: 'txn_expired' });
  });
});

class ScriptedPipeline extends RequestPipeline {
  constructor(private readonly service: ServicePipeline) {
    super();
  }

  override open(...of: ConstructorParameters<typeof RequestRecord>): RequestRecord {
    return new RequestRecord(...of);
  }

  override run(request: RequestRecord): void | Promise<void> {
    switch (request.raw.headers['x-test']) {
      case 'answer':
        request.response.writeHead(418).end();
        request.forwarded = true;
        return;
      case 'throw':
        throw new Error('a bug');
      case 'reject':
        return Promise.reject(new InternalTokenError('identity_provider_unavailable'));
      case 'forge':
        // These claims are not registered, whatever TypeScript believes.
        request.claims = { ...new TestTokenIssuer().claims({ userId: 'admin' }) };
        return;
      case 'later':
        return Promise.resolve();
    }
  }

  override refuse(request: RequestRecord, reason: unknown): void {
    this.service.refuse(request, reason);
  }
}

@Injectable()
class ScriptedModule {
  constructor(hook: RequestHook, service: ServicePipeline) {
    hook.usePipeline(new ScriptedPipeline(service));
  }
}

describe.each(ADAPTERS)('A custom pipeline on $adapter', (row) => {
  let running: Running;
  let entered = 0;
  beforeAll(async () => {
    running = await start(row, {
      controllers: [ThingsController, OpenController],
      imports: [{ module: ScriptedModule }],
      prepare: (app) => {
        app.use((_request: unknown, _response: unknown, next: () => void) => {
          entered += 1;
          next();
        });
      },
    });
  });
  afterAll(() => running.app.close());
  beforeEach(() => {
    handled = 0;
    entered = 0;
  });

  const ask = (behaviour: string) =>
    fetch(`${running.url}/open`, { method: 'POST', headers: { 'X-Test': behaviour, 'Content-Type': 'text/plain' } });

  it('replaces the default, and may be asynchronous', async () => {
    expect((await ask('')).status).toBe(201);
    expect((await ask('later')).status).toBe(201);
  });

  it('decides once on a request that is delivered twice', async () => {
    const server = running.app.getHttpServer() as Server;
    const emit = server.emit.bind(server) as (...event: unknown[]) => boolean;
    server.emit = (...event: unknown[]) => {
      if (event[0] === 'request') emit(...event);
      return emit(...event);
    };
    const { status } = await ask('reject');
    server.emit = emit;
    expect(status).toBe(503);
    expect(entered).toBe(0);
  });

  it('may answer the request itself', async () => {
    expect((await ask('answer')).status).toBe(418);
  });

  it('fails closed if it throws or rejects', async () => {
    const thrown = await ask('throw');
    expect(thrown.status).toBe(500);
    expect(await thrown.text()).not.toContain('a bug');
    expect((await ask('reject')).status).toBe(503);
  });

  it('R82a: a pipeline that lets pass without claims opens no handler', async () => {
    const response = await running.get('/things/7', running.tokens.token());
    expect(response.status).toBe(401);
    expect(handled).toBe(0);
  });

  it('R82a: opens no handler with claims that nobody has verified', async () => {
    const response = await running.get('/things/7', undefined, { 'X-Test': 'forge' });
    expect(response.status).toBe(401);
    expect(handled).toBe(0);
  });

  it('is one: two of them stop the start', async () => {
    const imports = [ScriptedModule, class extends ScriptedModule {}].map((module) => ({ module }));
    await expect(start(row, { imports })).rejects.toMatchObject({ code: 'configuration_invalid' });
  });
});

it.each(ADAPTERS)('a listener in the place of the framework’s is called ($adapter)', async (adapter) => {
  const { app, get, tokens } = await start(adapter, { controllers: [OpenController] });
  const server = app.getHttpServer() as Server;
  server.removeAllListeners('request').on('request', (_raw, response: ServerResponse) => response.end('its own'));
  expect(await (await get('/open', tokens.token())).text()).toBe('its own');
  await app.close();
});
