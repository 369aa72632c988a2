import {
  BadRequestException,
  Body,
  ConflictException,
  Controller,
  ForbiddenException,
  Get,
  HttpException,
  Module,
  Param,
  Post,
  Res,
  StandardSchemaValidationPipe,
  StreamableFile,
  UsePipes,
} from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { request as httpRequest, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { InternalTokenLogger } from '../logging/index.js';
import { InternalTokenError, InternalTokenModule, NoInternalToken, type SpanRecord, Tracer } from '../nest/index.js';
import { TestTokenIssuer } from '../testing/index.js';
import { InternalTokenProblemFilter } from './internal-token-problem.filter.js';

const tokens = new TestTokenIssuer({ trustDomain: 'shop.example' });
const turn = () => new Promise((resolve) => setImmediate(resolve));

let failLate: (() => void) | undefined;
let lateFailure: Error;

class OutOfStock extends Error {
  readonly code = 'out_of_stock';
  readonly status = 409;
  readonly detail = 'Only 2 left.';
}

class Broken extends Error {
  readonly code = 'port_unreachable';
  readonly status = 503;
  readonly detail = 'connect ECONNREFUSED 10.0.0.7:3002';
}

const FAULTS: Record<string, () => unknown> = {
  conflict: () => new ConflictException('Placed already.'),
  coded: () => new BadRequestException('No such currency.', { errorCode: 'currency_unknown' }),
  forbidden: () => new ForbiddenException(),
  'no-keys': () => new InternalTokenError('txn_keys_not_ready'),
  list: () => new BadRequestException(['a: too short', 'b: missing']),
  object: () => new HttpException({ whatever: 1 }, 422),
  teapot: () => new HttpException('short and stout', 418),
  port: () => new OutOfStock('x'),
  'port-down': () => new Broken('x'),
  database: () => Object.assign(new Error('duplicate key'), { code: '23505', detail: 'Key (id)=(7)' }),
  secret: () => new Error('the password is hunter2'),
  unavailable: () => new HttpException('shard 7 is down', 503),
  text: () => 'a text',
  nothing: () => undefined,
  hidden: () => Object.assign(new Error('path /etc/shop'), { statusCode: 403, status: 403, expose: false }),
  status: () => Object.assign(new Error('not for the status of a stranger'), { status: 404 }),
  token: () => new BadRequestException(`cannot use ${tokens.token()}`),
};

const broken = (): Error => new Error('the disk at /mnt/7 is gone');
/** Fails at the first read, or after its first bytes. */
const failing = (start?: string): Readable => {
  let begun = start === undefined;
  return new Readable({
    read() {
      if (begun) return void this.destroy(broken());
      begun = true;
      this.push(start);
    },
  });
};
const FILES: Record<string, () => StreamableFile> = {
  unread: () => new StreamableFile(failing(), { disposition: 'attachment; filename="a.pdf"', length: 7 }),
  missing: () => new StreamableFile(createReadStream('/no/such/file')),
  dead: () => new StreamableFile(failing().destroy(broken())),
  numbers: () => new StreamableFile(Readable.from([1])),
  half: () => new StreamableFile(failing('half an answer')),
  own: () =>
    new StreamableFile(failing()).setErrorHandler((_, response) => {
      response.statusCode = 418;
      response.send('own');
    }),
};

@Controller('things')
@NoInternalToken()
class ThingsController {
  @Get('fault/:name')
  fault(@Param('name') name: string): never {
    throw FAULTS[name]?.();
  }

  @Get('busy')
  busy(@Res({ passthrough: true }) response: { header(name: string, value: string): unknown }): never {
    response.header('Retry-After', '7');
    throw new HttpException('full', 503);
  }

  @Get('file/:how')
  file(@Param('how') how: string): StreamableFile {
    return FILES[how]?.() as StreamableFile;
  }

  @Get('half')
  half(@Res() response: ServerResponse & { raw?: ServerResponse }): void {
    (response.raw ?? response).write('half an answer');
    throw new Error('in the middle');
  }

  @Get('late')
  async late(): Promise<never> {
    await new Promise<void>((resolve) => (failLate = resolve));
    throw lateFailure;
  }

  @Post()
  @UsePipes(new StandardSchemaValidationPipe())
  create(@Body({ schema: z.object({ name: z.string().min(2), count: z.number() }) }) body: object): object {
    return body;
  }
}

@Controller('guarded')
class GuardedController {
  @Get()
  get(): string {
    return 'in';
  }
}

@Module({
  imports: [InternalTokenModule.forRoot({ service: 'things', trustDomain: 'shop.example', keys: tokens.keys })],
  controllers: [ThingsController, GuardedController],
  providers: [{ provide: APP_FILTER, useClass: InternalTokenProblemFilter }],
})
class AppModule {}

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter({ frameworkErrors: InternalTokenProblemFilter.answerFrameworkError })],
])('InternalTokenProblemFilter on %s', (name, adapter) => {
  const express = name === 'Express';
  const lines: Record<string, unknown>[] = [];
  const spans: SpanRecord[] = [];
  let base: string;
  let server: Server;
  let close: () => Promise<void>;
  let openConnections: () => number;

  beforeAll(async () => {
    const destination = { write: (text: string) => lines.push(JSON.parse(text) as Record<string, unknown>) };
    const logger = new InternalTokenLogger({ service: 'things', level: 'warn', destination });
    const app = await NestFactory.create(AppModule, adapter(), { logger });
    await app.listen(0, '127.0.0.1');
    server = app.getHttpServer() as Server;
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    close = () => app.close();
    app.get(Tracer).onEnd((span) => spans.push(span));
    let open = 0;
    server.on('connection', (socket) => {
      open += 1;
      socket.once('close', () => (open -= 1));
    });
    openConnections = () => open;
  });

  beforeEach(() => {
    lines.length = 0;
    spans.length = 0;
  });

  afterAll(() => close());

  async function ask(path: string, init?: RequestInit) {
    const response = await fetch(`${base}${path}`, init);
    const text = await response.text();
    return { response, text, body: JSON.parse(text) as Record<string, unknown> };
  }

  /** A request that no exemption covers. */
  function askWithToken(path: string, init: RequestInit = {}) {
    return ask(path, { ...init, headers: { 'Txn-Token': tokens.token() } });
  }

  function post(body: string, type = 'application/json') {
    return ask('/things', { method: 'POST', body, headers: { 'Content-Type': type } });
  }

  /** What every answer has, whatever went wrong. */
  function expectProblem({ response, body }: Awaited<ReturnType<typeof ask>>, status: number, code: string): void {
    expect({ status: response.status, code: body['code'] }).toEqual({ status, code });
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json(;|$)/);
    expect(body).toMatchObject({ status, type: expect.any(String) as string, title: expect.any(String) as string });
    expect(body['request_id']).toMatch(/^[0-9a-f]{32}$/);
    expect(response.headers.get('x-request-id')).toBe(body['request_id']);
  }

  it('R83, R87: answers a refusal with its code, its challenge and no-store', async () => {
    const missing = await ask('/guarded');
    expectProblem(missing, 401, 'txn_missing');
    expect(missing.response.headers.get('www-authenticate')).toBe('Txn-Token realm="shop.example"');
    expect(missing.response.headers.get('cache-control')).toBe('no-store');
    const expired = await ask('/guarded', { headers: { 'Txn-Token': tokens.expired() } });
    expectProblem(expired, 401, 'txn_expired');
    expect(expired.response.headers.get('www-authenticate')).toBe(
      'Txn-Token realm="shop.example", error="invalid_token"',
    );
  });

  it('puts the request id on a successful answer too', async () => {
    const claims = tokens.claims({ scope: 'test' });
    const response = await fetch(`${base}/guarded`, { headers: { 'Txn-Token': tokens.token({ ...claims }) } });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-request-id')).toBe(claims.tokenId);
  });

  it.each([
    ['conflict', 409, 'conflict', 'Placed already.'],
    ['coded', 400, 'currency_unknown', 'No such currency.'],
    ['forbidden', 403, 'forbidden', undefined],
    ['list', 400, 'invalid_request', 'a: too short; b: missing'],
    ['object', 422, 'unprocessable_entity', 'Http Exception'],
    ['teapot', 418, 'im_a_teapot', 'short and stout'],
    ['port', 409, 'out_of_stock', 'Only 2 left.'],
    ['hidden', 403, 'forbidden', undefined],
  ])(
    'answers an exception of the application with its status, code and detail: %s',
    async (name, status, code, detail) => {
      const answer = await ask(`/things/fault/${name}`);
      expectProblem(answer, status, code);
      expect(answer.body['detail']).toBe(detail);
      expect(answer.response.headers.get('cache-control')).toBe(status === 403 ? 'no-store' : null);
      expect(lines).toEqual([]);
    },
  );

  it.each([
    ['port-down', 503, 'port_unreachable', /10\.0\.0\.7/],
    ['unavailable', 503, 'service_unavailable', /shard/],
    ['secret', 500, 'internal_error', /hunter2/],
    ['database', 500, 'internal_error', /duplicate|Key/],
    ['status', 500, 'internal_error', /stranger/],
    ['text', 500, 'internal_error', /a text/],
    ['nothing', 500, 'internal_error', /undefined/],
  ])('R85: logs our own failure and answers it without details: %s', async (name, status, code, secret) => {
    const answer = await ask(`/things/fault/${name}`);
    expectProblem(answer, status, code);
    expect(answer.body).not.toHaveProperty('detail');
    expect(answer.text).not.toMatch(secret);
    expect(lines).toEqual([expect.objectContaining({ level: 'error', txn: answer.body['request_id'] })]);
  });

  it.each([
    ['port-down', '1'],
    ['unavailable', '1'],
    ['no-keys', '30'],

    ['secret', null],
  ])('R170: answers every 503 with a Retry-After: %s', async (name, seconds) => {
    expect((await ask(`/things/fault/${name}`)).response.headers.get('retry-after')).toBe(seconds);
  });

  it('keeps a Retry-After that is already set', async () => {
    expect((await ask('/things/busy')).response.headers.get('retry-after')).toBe('7');
  });

  it('leaves it to the key loader to log missing keys, once', async () => {
    for (const _ of [1, 2]) expectProblem(await ask('/things/fault/no-keys'), 503, 'txn_keys_not_ready');
    expect(lines).toEqual([]);
  });

  it('logs a failure with its stack', async () => {
    await ask('/things/fault/secret');
    expect(lines[0]?.['err']).toMatchObject({ type: 'Error', stack: expect.stringContaining('    at ') as string });
  });

  it('keeps what a parser quotes of the body out of spans', async () => {
    const answers = [
      await post('{"a": what-ada-wrote}'),
      await post('what-ada-wrote'),
      await askWithToken('/things/fault/%zz-what-ada-wrote'),
    ];
    for (const { response } of answers) expect(response.status).toBe(400);
    while (spans.length < answers.length) await turn();
    expect(inspect(spans, { depth: 10 })).not.toContain('what-ada-wrote');
  });

  it('R85: does not repeat a token that an exception quotes', async () => {
    const answer = await ask('/things/fault/token');
    expect(answer.body['detail']).toBe('cannot use [redacted]');
  });

  it('distinguishes a missing route from a 404 of the application', async () => {
    expectProblem(await askWithToken('/nowhere?a=1'), 404, 'route_not_found');
    expectProblem(await askWithToken('/things', { method: 'DELETE' }), 404, 'route_not_found');
  });

  it('R116: keeps the path of an unknown route out of spans', async () => {
    const answer = await askWithToken('/things/..%2fsecret-text?a=1');
    expectProblem(answer, 404, 'route_not_found');
    const own = () => spans.filter(({ traceId }) => traceId === answer.body['request_id']);
    while (own().length === 0) await turn();
    expect(own()).toMatchObject([{ status: 404, error: { code: 'route_not_found' } }]);
    expect(JSON.stringify(own()) + String(own()[0]?.error)).not.toContain('secret');
  });

  it('answers bad input with a clear 4xx and logs no error', async () => {
    const good = '{"name":"tea","count":1}';
    const findings = await post('{"name":"t"}');
    expectProblem(findings, 400, 'invalid_request');
    expect(findings.body['errors']).toHaveLength(2);
    for (const broken of [
      '{"name":',
      '{"name":"tea"',
      'tea',
      '\u0000',
      '{"a":1}}',
      '[1,2',
      '{"name":"secret-text"x}',
    ]) {
      const answer = await post(broken);
      expectProblem(answer, 400, 'invalid_request');
      expect(answer.text).not.toContain('secret-text');
    }
    expectProblem(await post(good, 'application/json; charset=latin-7'), 415, 'invalid_request');
    // Express ignores a body that it has no parser for, so the schema finds it missing.
    const csv = await post('a,b', 'text/csv');
    if (express) expectProblem(csv, 400, 'invalid_request');
    else expectProblem(csv, 415, 'unsupported_media_type');
    const packed = { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' };
    expectProblem(
      await ask('/things', { method: 'POST', body: gzipSync(good), headers: packed }),
      415,
      'invalid_request',
    );
    expectProblem(await post(`{"name":"${'x'.repeat(2_000_000)}"}`), 413, 'payload_too_large');
    expectProblem(await askWithToken('/things/fault/%FF'), 400, 'invalid_request');
    expect(lines).toEqual([]);
  });

  it('never answers prototype pollution with 5xx', async () => {
    for (const body of [
      '{"__proto__":{"admin":true},"name":"tea","count":1}',
      '{"constructor":{"prototype":{"admin":true}},"name":"tea","count":1}',
      '{"name":{"__proto__":null},"count":1}',
      `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
    ]) {
      const { response } = await post(body);
      expect(response.status).toBeLessThan(500);
    }
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('breaks the connection off when half of the answer has been sent', async () => {
    await expect(fetch(`${base}/things/half`).then((response) => response.text())).rejects.toThrow();
    expect(lines.some(({ level, msg }) => level === 'error' && msg === 'in the middle')).toBe(true);
  });

  it.each(['unread', 'missing', 'dead', 'numbers'])(
    'R170: answers a file that fails before its first byte like any other failure: %s',
    async (how) => {
      const answer = await ask(`/things/file/${how}`);
      expectProblem(answer, 500, 'internal_error');
      expect(answer.text).not.toMatch(/mnt|ENOENT|such/);
      expect(answer.response.headers.get('content-disposition')).toBeNull();
      expect(Number(answer.response.headers.get('content-length'))).toBe(answer.text.length);
      expect(lines).toEqual([expect.objectContaining({ level: 'error', txn: answer.body['request_id'] })]);
    },
  );

  it('leaves a file with its own error handler alone', async () => {
    const response = await fetch(`${base}/things/file/own`);
    // Fastify never calls it.
    expect([response.status, express]).toEqual(express ? [418, true] : [500, false]);
  });

  it('R170: breaks the connection off and logs one line when a file fails in the middle', async () => {
    await expect(fetch(`${base}/things/file/half`).then((response) => response.text())).rejects.toThrow();
    while (spans.length === 0) await turn();
    expect(lines).toEqual([expect.objectContaining({ level: 'error', msg: broken().message, txn: spans[0]?.traceId })]);
  });

  async function untilAllAreClosed(): Promise<void> {
    while (openConnections() > 0) {
      // Connections that only wait for another request.
      server.closeIdleConnections();
      await turn();
    }
  }

  async function leaveDuring(path: string, failure: Error): Promise<void> {
    failLate = undefined;
    lateFailure = failure;
    const left = httpRequest(`${base}${path}`).on('error', () => undefined);
    left.end();
    while (failLate === undefined) await turn();
    left.destroy();
    await untilAllAreClosed();
    (failLate as (() => void) | undefined)?.();
    for (let i = 0; i < 10; i++) await turn();
  }

  it('logs no error when the client disconnects', async () => {
    const { port } = new URL(base);
    const arrived = once(server, 'request');
    const upload = connect(Number(port), '127.0.0.1');
    upload.write(
      'POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"na',
    );
    await arrived;
    upload.destroy();
    await untilAllAreClosed();
    await leaveDuring('/things/late', Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('logs a failure even if the client has disconnected', async () => {
    await leaveDuring('/things/late', new Error('a defect'));
    expect(lines).toMatchObject([{ level: 'error', msg: 'a defect' }]);
  });
});
