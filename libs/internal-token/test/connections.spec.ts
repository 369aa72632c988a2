import { Controller, Get, Injectable, type INestApplication, StreamableFile } from '@nestjs/common';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { NoInternalToken, type SpanRecord, Tracer } from 'nestjs-internal-token';
import { type RequestRecord, ServicePipeline } from '../src/nest/index.js';
import { exchange } from '../../../test/support/raw-http.js';
import { ADAPTERS, start } from './support/adapters.js';

let arrived = 0;
let admitNow: (() => void) | undefined;

@Controller()
@NoInternalToken()
class ThingsController {
  @Get('never')
  never() {
    arrived += 1;
    return new Promise(() => undefined);
  }

  @Get('quick')
  quick() {
    arrived += 1;
    return {};
  }

  @Get('large')
  large() {
    arrived += 1;
    return new StreamableFile(Readable.from(LARGE.map((text) => Buffer.from(text))));
  }
}

/** Far more than a socket buffers at once. */
const LARGE = Array.from({ length: 64 }, (_, index) => String(index % 10).repeat(65_536));
const CONNECT = 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n';
const UPGRADE = 'GET /quick HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: something\r\n\r\n';

@Injectable()
class LateModule {
  constructor(pipeline: ServicePipeline) {
    const run = pipeline.run.bind(pipeline);
    pipeline.run = async (request: RequestRecord): Promise<void> => {
      await new Promise<void>((resolve) => (admitNow = resolve));
      return run(request);
    };
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`;

function recordSpans(app: INestApplication): SpanRecord[] {
  const spans: SpanRecord[] = [];
  app.get(Tracer).onEnd((record) => spans.push(record));
  return spans;
}

describe.each(ADAPTERS)('A connection that breaks, on $adapter', (row) => {
  beforeEach(() => {
    arrived = 0;
    admitNow = undefined;
  });

  it('ends the spans of pipelined requests, even of those that were never answered', async () => {
    const { app, port } = await start(row, { controllers: [ThingsController] });
    const spans = recordSpans(app);
    const socket = connect(port, '127.0.0.1');
    socket.write(get('/never') + get('/quick').repeat(3));
    while (arrived < 4) await turn();
    socket.destroy();
    while (spans.length < 4) await turn();
    expect(spans.every(({ error }) => error instanceof Error)).toBe(true);
    await app.close();
  });

  it('keeps a handler from running for a client that disconnected while its request was being admitted', async () => {
    const { app, port } = await start(row, { controllers: [ThingsController], imports: [{ module: LateModule }] });
    const spans = recordSpans(app);
    const socket = connect(port, '127.0.0.1');
    socket.write(get('/quick'));
    while (admitNow === undefined) await turn();
    socket.destroy();
    while (spans.length < 1) await turn();
    admitNow();
    for (let i = 0; i < 20; i++) await turn();
    expect(arrived).toBe(0);
    await app.close();
  });

  it.each([
    ['admitted at once', []],
    ['admitted later', [{ module: LateModule }]],
  ])(
    'R156: an error of a later listener is an ordinary exception, and the client gets an answer (%s)',
    async (_name, imports) => {
      const thrown: unknown[] = [];
      const logged: unknown[] = [];
      const error = (...line: unknown[]) => void logged.push(line);
      const logger = { log() {}, warn() {}, error };
      const { app, url } = await start(row, { controllers: [ThingsController], imports, logger });
      const failure = new Error('a listener of somebody else');
      (app.getHttpServer() as Server).prependOnceListener('request', () => {
        throw failure;
      });
      // Instead of ending the process: catches exceptions, but no rejections.
      process.setUncaughtExceptionCaptureCallback((exception) => thrown.push(exception));
      try {
        const answer = fetch(`${url}/quick`);
        while (imports.length > 0 && admitNow === undefined) await turn();
        admitNow?.();
        const { status } = await answer;
        expect(status).toBe(500);
      } finally {
        process.setUncaughtExceptionCaptureCallback(null);
      }
      expect(thrown).toEqual([failure]);
      expect(logged).toEqual([]);
      await app.close();
    },
  );

  // An error without a listener ends the process, and so fails the test.
  it.each([
    ['CONNECT', CONNECT],
    ['an upgrade', UPGRADE],
    ['garbage', 'garbage\r\n\r\n'],
  ])('R155: a reset after %s ends the requests before it, and nothing else', async (_name, bytes) => {
    const { app, port, url } = await start(row, { controllers: [ThingsController] });
    const server = app.getHttpServer() as Server & { shouldUpgradeCallback: () => boolean };
    // As in releases of Node that emit `upgrade` whenever there is a listener.
    server.on('upgrade', () => undefined);
    server.shouldUpgradeCallback = () => true;
    const spans = recordSpans(app);
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    socket.write(get('/never').repeat(2) + bytes);
    while (arrived < 2) await turn();
    socket.resetAndDestroy();
    while (spans.filter(({ route }) => route === '/never').length < 2) await turn();
    expect((await fetch(`${url}/quick`)).status).toBe(200);
    await app.close();
  });

  it.each([
    ['CONNECT', CONNECT, 405],
    ['garbage', 'garbage\r\n\r\n', 400],
  ])('R155: %s is refused after the answers before it', async (_name, bytes, status) => {
    const { app, port } = await start(row, { controllers: [ThingsController] });
    const { responses, closed } = await exchange(port, get('/quick').repeat(2) + bytes);
    expect(responses.map((response) => response.status)).toEqual([200, 200, status]);
    expect(JSON.parse(responses[2]?.body ?? '')).toMatchObject({
      code: 'invalid_request',
      request_id: responses[2]?.headers['x-request-id'],
    });
    expect(closed).toBe(true);
    await app.close();
  });

  it('R155: a large answer before a CONNECT arrives whole', async () => {
    const { app, port } = await start(row, { controllers: [ThingsController] });
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    socket.write(get('/large') + CONNECT);
    // The client starts to read only when the server can write no more.
    while (arrived < 1) await turn();
    for (let i = 0; i < 50; i++) await turn();
    let received = '';
    for await (const text of socket as AsyncIterable<string>) received += text;
    expect(received.match(/\d{1000,}/g)?.join('').length).toBe(LARGE.join('').length);
    expect(received).toContain('HTTP/1.1 405 ');
    await app.close();
  });
});
