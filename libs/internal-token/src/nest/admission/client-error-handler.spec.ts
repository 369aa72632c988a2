import { Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { Application } from '../context/application.js';
import { RequestRecord } from '../context/request-record.js';
import { ClientErrorHandler } from './client-error-handler.js';
import { Tracer } from '../tracing/tracer.js';
import { OpenRequests } from './open-requests.js';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('ClientErrorHandler', () => {
  const server = createServer();
  const http2 = createHttp2Server(() => undefined);
  const responses: ServerResponse[] = [];
  let received = '';

  beforeAll(async () => {
    Logger.overrideLogger(false);
    const open = new OpenRequests();
    const application = new Application({ service: 'gateway' });
    const handler = new ClientErrorHandler(new HttpAdapterHost(), new Tracer({ service: 'gateway' }), open);
    handler.protect(server);
    handler.protect(http2 as unknown as Server);
    server.on('request', (request, response) => {
      const record = new RequestRecord(request, response, application);
      open.add(record);
      response.once('close', () => open.remove(record));
      responses.push(response);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  beforeEach(() => {
    responses.length = 0;
    received = '';
  });
  afterAll(() => void server.close());

  async function send(bytes: string, requests: number) {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined).on('data', (chunk) => (received += String(chunk)));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(bytes);
    while (responses.length < requests) await turn();
    return { socket, closed };
  }

  it('lets the answers in front of rubbish come to their end, and answers the rubbish once', async () => {
    const { socket, closed } = await send(get + get, 2);
    responses[0]?.write('first half, ');
    while (!received.includes('first half')) await turn();
    const { promise: misread, resolve } = Promise.withResolvers<void>();
    server.once('clientError', () => resolve());
    socket.write('rubbish\r\n\r\n');
    await misread;
    socket.write('more of it\r\n\r\n');
    responses[1]?.end('second');
    responses[0]?.end('second half');
    await closed;
    expect(received).toMatch(/ 200 [^]*second half[^]* 200 [^]*second[^]* 400 [^]*"code":"invalid_request"/);
    expect(received.match(/HTTP\/1\.1/g)).toHaveLength(3);
  });

  it('puts no CONNECT refusal in front of an answer', async () => {
    const { closed } = await send(`${get}CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n`, 1);
    await turn();
    responses[0]?.end('all of it');
    await closed;
    expect(received).toMatch(/ 200 [^]*all of it[^]* 405 /);
  });

  it('breaks off an answer that began before the body of its request broke', async () => {
    const post = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
    const { socket, closed } = await send(post, 1);
    responses[0]?.write('first half');
    while (!received.includes('first half')) await turn();
    socket.write('zz\r\n');
    await closed;
    expect(received.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  it('answers 400 to rubbish behind a request that was answered before', async () => {
    const { socket, closed } = await send(get, 1);
    responses[0]?.end('all of it');
    while (!received.includes('all of it')) await turn();
    socket.write('rubbish\r\n\r\n');
    await closed;
    expect(received).toMatch(/all of it[^]*HTTP\/1\.1 400 [^]*"code":"invalid_request"/);
  });

  it.each([
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'],
    ['rubbish', 'rubbish\r\n\r\n'],
  ])('outlives callers who reset the connection after %s', async (_name, bytes) => {
    const { port } = server.address() as AddressInfo;
    const thrown: unknown[] = [];
    const note = (error: unknown) => void thrown.push(error);
    process.on('uncaughtException', note);
    for (let attempt = 0; attempt < 60; attempt += 1) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      const closed = new Promise((resolve) => socket.once('close', resolve));
      await once(socket, 'connect');
      socket.write(bytes);
      if (attempt % 3 === 0) socket.resetAndDestroy();
      else if (attempt % 3 === 1) setImmediate(() => socket.resetAndDestroy());
      else socket.once('data', () => socket.resetAndDestroy());
      await closed;
    }
    for (let i = 0; i < 10; i += 1) await turn();
    process.off('uncaughtException', note);
    expect(thrown).toEqual([]);
  });

  it('R155: refuses CONNECT over HTTP/2, where there is no socket to close', async () => {
    await once(http2.listen(0, '127.0.0.1'), 'listening');
    const session = connectHttp2(`http://127.0.0.1:${(http2.address() as AddressInfo).port}`);
    const request = session.request({ ':method': 'CONNECT', ':authority': 'a:1' });
    const [fields] = (await once(request, 'response')) as [Record<string, unknown>];
    expect(fields[':status']).toBe(405);
    session.destroy();
    http2.close();
  });

  it('cuts off who keeps a refused connection open', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    server.once('connection', (socket) => socket.once('close', () => resolve()));
    const lazy = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
    lazy.on('error', () => undefined).resume();
    lazy.write('CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n');
    await promise;
    lazy.destroy();
  });
});
