import { jest } from '@jest/globals';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { EdgePolicy, type EdgeRequest } from 'nestjs-internal-token/gateway';
import { EdgeGateway } from '../../../test/support/edge-gateway.js';
import { HttpUpstream, type Serve } from '../../../test/support/upstream.js';
import { currentStore } from '../src/nest/index.js';
import { holdTimers } from '../../../test/support/held-timers.js';

// Moves 100 MiB at a time.
jest.setTimeout(300_000);

const MEBIBYTE = 1 << 20;
const LARGE = 100 * MEBIBYTE;
const CHUNK = Buffer.alloc(65_536, 'x');

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const memory = (): number => {
  collectGarbage();
  return process.memoryUsage.rss();
};
let most = 0;

/** Samples the memory of this process, in which client, gateway and upstream run together. */
function* chunks(bytes: number): Generator<Buffer> {
  for (let sent = 0; sent < bytes; sent += CHUNK.length) {
    if (sent % (20 * MEBIBYTE) === 0) most = Math.max(most, memory());
    yield CHUNK;
  }
}

/** The growth of the memory in MiB. */
async function growthDuring(work: () => Promise<void>): Promise<number> {
  const before = (most = memory());
  await work();
  return (most - before) / MEBIBYTE;
}

/** Records the contexts in which bytes are received and sent. */
class Watch extends EdgePolicy {
  static readonly contexts: unknown[] = [];

  check({ raw, response }: EdgeRequest): void {
    const write = response.write.bind(response) as (chunk: unknown) => boolean;
    response.write = (chunk: unknown): boolean => {
      Watch.contexts.push(currentStore());
      return write(chunk);
    };
    const emit = raw.emit.bind(raw);
    raw.emit = (event: string, ...rest: unknown[]): boolean => {
      if (event === 'data') Watch.contexts.push(currentStore());
      return emit(event, ...rest);
    };
  }
}

/** The most bytes that the gateway itself may hold of one body, in either direction. */
const MOST_HELD = 512 * 1024;

/** The bytes of one exchange on a connection, which others may have used before. */
class Traffic {
  readonly #before: { readonly read: number; readonly written: number };

  constructor(readonly socket: Socket) {
    this.#before = { read: socket.bytesRead, written: socket.bytesWritten };
  }

  get read(): number {
    return this.socket.bytesRead - this.#before.read;
  }

  /** Without those that wait in this process. */
  get written(): number {
    return this.socket.bytesWritten - this.socket.writableLength - this.#before.written;
  }
}

/** The next connection of a client to the gateway, and the one of the next request to an upstream. */
async function nextTraffic(server: Server): Promise<{ client: Traffic; service: Traffic }> {
  const service = new Promise<Traffic>((resolve) => {
    const sending = (message: unknown): void => {
      unsubscribe('undici:client:sendHeaders', sending);
      resolve(new Traffic((message as { socket: Socket }).socket));
    };
    subscribe('undici:client:sendHeaders', sending);
  });
  const [socket] = (await once(server, 'connection')) as [Socket];
  return { client: new Traffic(socket), service: await service };
}

describe('Forwarded bodies', () => {
  let upstream: HttpUpstream;
  let gateway: EdgeGateway;
  let serve: Serve;

  beforeAll(async () => {
    upstream = await HttpUpstream.start((incoming, response) => serve(incoming, response));
    gateway = await EdgeGateway.start({
      edge: { forwarding: { upstreams: { catalog: { origin: upstream.url } } } },
      providers: [Watch],
    });
    // Memory that any body needs does not count as growth.
    serve = (incoming, response) => void incoming.resume().on('end', () => response.end(CHUNK));
    await upload(LARGE / 4, {});
    serve = (_incoming, response) => void pipeline(Readable.from(chunks(LARGE / 4)), response);
    await download();
  });
  afterEach(() => jest.useRealTimers());
  afterAll(async () => {
    await gateway.close();
    await upstream.stop();
  });

  const call = (method: string, headers: Record<string, string> = {}): ClientRequest =>
    request({ port: gateway.port, path: '/catalog/echo', method, headers, agent: false });

  async function download(onChunk: (received: number) => Promise<void> | void = () => undefined): Promise<number> {
    const outgoing = call('GET').end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    let received = 0;
    for await (const chunk of response) await onChunk((received += (chunk as Buffer).length));
    return received;
  }

  async function upload(bytes: number, headers: Record<string, string>): Promise<string> {
    const outgoing = call('POST', headers);
    const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
    await pipeline(Readable.from(chunks(bytes)), outgoing);
    const [response] = await answered;
    let text = '';
    for await (const chunk of response) text += String(chunk);
    return text;
  }

  it.each([
    ['chunked', {}],
    ['with a length', { 'Content-Length': String(LARGE) }],
  ])('100 MiB are downloaded %s, and memory stays flat', async (_, headers) => {
    serve = (_incoming, response) => {
      response.writeHead(200, headers);
      pipeline(Readable.from(chunks(LARGE)), response).catch(() => undefined);
    };
    const growth = await growthDuring(async () => expect(await download()).toBe(LARGE));
    expect(growth).toBeLessThan(64);
  });

  it.each([
    ['chunked', {}],
    ['with a length', { 'Content-Length': String(LARGE) }],
  ])('100 MiB are uploaded %s, and memory stays flat', async (_, headers) => {
    const seen: unknown[] = [];
    serve = async (incoming, response) => {
      let received = 0;
      seen.push(incoming.headers['content-length'] ?? incoming.headers['transfer-encoding']);
      for await (const chunk of incoming) received += (chunk as Buffer).length;
      response.end(String(received));
    };
    const growth = await growthDuring(async () => expect(await upload(LARGE, headers)).toBe(String(LARGE)));
    expect(growth).toBeLessThan(64);

    expect(seen).toEqual([Object.values(headers)[0] ?? 'chunked']);
  });

  it('a client that reads slowly slows the upstream down', async () => {
    let sent = 0;
    serve = (_incoming, response) => {
      function* counted(): Generator<Buffer> {
        for (const chunk of chunks(LARGE)) {
          sent += chunk.length;
          yield chunk;
        }
      }
      pipeline(Readable.from(counted()), response).catch(() => undefined);
    };
    let ahead = 0;
    await download(async (received) => {
      ahead = Math.max(ahead, sent - received);
      await turn();
    });
    expect(sent).toBe(LARGE);
    // What the system holds in its own buffers is some 20 MiB.
    expect(ahead).toBeLessThan(LARGE / 2);
  });

  it('an upstream that reads slowly slows the client down', async () => {
    let sent = 0;
    let ahead = 0;
    serve = async (incoming, response) => {
      let received = 0;
      for await (const chunk of incoming) {
        received += (chunk as Buffer).length;
        ahead = Math.max(ahead, sent - received);
        await turn();
      }
      response.end();
    };
    function* counted(): Generator<Buffer> {
      for (const chunk of chunks(LARGE)) {
        sent += chunk.length;
        yield chunk;
      }
    }
    const outgoing = call('POST');
    const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
    await pipeline(Readable.from(counted()), outgoing);
    (await answered)[0].resume();
    expect(sent).toBe(LARGE);
    // What the system holds in its own buffers is some 20 MiB.
    expect(ahead).toBeLessThan(LARGE / 2);
  });

  it('of an upload that nobody reads, the gateway holds little', async () => {
    serve = () => undefined;
    const traffic = nextTraffic(gateway.app.getHttpServer() as Server);
    const outgoing = call('POST');
    const sent = pipeline(Readable.from(chunks(LARGE)), outgoing).catch(() => undefined);
    const { client, service } = await traffic;
    while (!service.socket.writableNeedDrain) await turn();
    const held: number[] = [];
    for (let turns = 0; turns < 100; turns++, await turn()) held.push(client.read - service.written);
    outgoing.destroy();
    await sent;
    expect(Math.max(...held)).toBeGreaterThan(0);
    expect(Math.max(...held)).toBeLessThan(MOST_HELD);
  });

  it('of a download that nobody reads, the gateway holds little', async () => {
    serve = (_incoming, response) => void pipeline(Readable.from(chunks(LARGE)), response).catch(() => undefined);
    const traffic = nextTraffic(gateway.app.getHttpServer() as Server);
    const outgoing = call('GET').on('error', () => undefined);
    // Without a listener, Node would read the answer and throw it away.
    outgoing.on('response', () => undefined).end();
    const { client, service } = await traffic;
    while (!client.socket.writableNeedDrain) await turn();
    const held: number[] = [];
    for (let turns = 0; turns < 100; turns++, await turn()) held.push(service.read - client.written);
    outgoing.destroy();
    expect(Math.max(...held)).toBeGreaterThan(0);
    expect(Math.max(...held)).toBeLessThan(MOST_HELD);
  });

  it('an event reaches the client before the next one exists, and the head before the first', async () => {
    const arrived = upstream.next();
    const outgoing = call('GET', { Accept: 'text/event-stream' }).end();
    const { response } = await arrived;
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect(incoming.headers['content-type']).toBe('text/event-stream');
    for (let index = 0; index < 20; index++) {
      response.write(`data: ${index}\n\n`);
      const [chunk] = (await once(incoming, 'data')) as [Buffer];
      expect(chunk.toString()).toBe(`data: ${index}\n\n`);
    }
    const ended = once(incoming, 'end');
    incoming.resume();
    response.end();
    await ended;
  });

  it('both directions flow at the same time', async () => {
    serve = (incoming, response) => {
      response.writeHead(200).flushHeaders();
      incoming.pipe(response);
    };
    const outgoing = call('POST');
    outgoing.write('first');
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect(String((await once(incoming, 'data'))[0])).toBe('first');
    for (const word of ['ping', 'pong', 'ping']) {
      outgoing.write(word);
      expect(String((await once(incoming, 'data'))[0])).toBe(word);
    }
    const ended = once(incoming, 'end');
    incoming.resume();
    outgoing.end();
    await ended;
  });

  it('bytes are transferred outside the context of any request', async () => {
    Watch.contexts.splice(0);
    serve = (incoming, response) => void incoming.pipe(response);
    expect((await upload(4 * CHUNK.length, {})).length).toBe(4 * CHUNK.length);
    expect(Watch.contexts.length).toBeGreaterThanOrEqual(8);
    expect(new Set(Watch.contexts)).toEqual(new Set([undefined]));
  });

  it('an answer before the end of the body reaches the client', async () => {
    serve = (_incoming, response) => {
      response.writeHead(413, { Connection: 'close', 'Content-Length': 8 }).end('too much');
    };
    holdTimers();
    const socket = connect(gateway.port, '127.0.0.1').setEncoding('latin1');
    const head = `POST /catalog/echo HTTP/1.1\r\nHost: a\r\nContent-Length: ${2 * CHUNK.length}\r\n\r\n`;
    for (const rest of [CHUNK, '']) {
      socket.write(head);
      socket.write(CHUNK);
      let text = '';
      while (!text.endsWith('too much')) text += String((await once(socket, 'data'))[0]);
      expect(text).toMatch(/^HTTP\/1\.1 413 /);
      // A client that sends the rest may reuse the connection.
      socket.write(rest);
    }
    // A client that does not is waited for only briefly.
    const closed = once(socket, 'close');
    for (; !socket.destroyed; await turn()) jest.advanceTimersByTime(1_000);
    await closed;
  });

  it('an answer before the end of the body is not cut off for a slow client', async () => {
    serve = (_incoming, response) => {
      response.writeHead(413, { 'Content-Length': 8 }).end('too much');
    };
    const arriving = once(gateway.app.getHttpServer() as Server, 'connection') as Promise<[Socket]>;
    const socket = connect(gateway.port, '127.0.0.1').setEncoding('latin1');
    const [inside] = await arriving;
    // Simulates a slow network: longer than the gateway waits for a client that has the answer.
    const write = inside._write.bind(inside);
    const slowly: typeof write = (chunk, encoding, done) => void setTimeout(write, 1_500, chunk, encoding, done);
    Object.assign(inside, { _write: slowly, _writev: null });
    socket.write('POST /catalog/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{');
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text).toMatch(/ 413 [^]*too much$/);
  });

  it('HEAD, 204 and 304 have no body, and keep the fields that describe one', async () => {
    serve = (incoming, response) => {
      const status = Number(incoming.headers['x-status']);
      response.writeHead(status, status === 204 ? { ETag: '"1"' } : { ETag: '"1"', 'Content-Length': 5 });
      response.end(incoming.method === 'HEAD' || status !== 200 ? undefined : 'hello');
    };
    const answers: unknown[] = [];
    for (const [method, status] of [
      ['HEAD', 200],
      ['GET', 204],
      ['GET', 304],
      ['GET', 200],
    ] as const) {
      const outgoing = call(method, { 'X-Status': String(status) }).end();
      const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
      let text = '';
      for await (const chunk of response) text += String(chunk);
      answers.push([response.statusCode, response.headers['content-length'], response.headers.etag, text]);
    }
    expect(answers).toEqual([
      [200, '5', '"1"', ''],
      [204, undefined, '"1"', ''],
      [304, '5', '"1"', ''],
      [200, '5', '"1"', 'hello'],
    ]);
  });

  it('a client that sends Expect: 100-continue is told to continue once it is admitted', async () => {
    serve = (incoming, response) => void incoming.pipe(response);
    const outgoing = call('POST', { Expect: '100-continue', 'Content-Length': '5' });
    outgoing.flushHeaders();
    const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
    await once(outgoing, 'continue');
    outgoing.end('hello');
    expect(String((await once((await answered)[0], 'data'))[0])).toBe('hello');
    expect(upstream.seen.at(-1)?.rawHeaders.map((text) => text.toLowerCase())).not.toContain('expect');
  });

  it('a refused client is not asked for its body', async () => {
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write('POST /orders HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text).toMatch(/^HTTP\/1\.1 401 /);
    expect(text).not.toContain('100 Continue');
  });
});
