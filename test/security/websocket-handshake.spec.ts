import { jest } from '@jest/globals';
import { type INestApplication, Injectable, type Type } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { NoInternalToken } from 'nestjs-internal-token';
import { InternalTokenLogger } from 'nestjs-internal-token/logging';
import { WebSocketServer } from 'ws';
import { type SpanRecord, Tracer } from '../../libs/internal-token/src/nest/index.js';
import { OpenRequests } from '../../libs/internal-token/src/nest/admission/open-requests.js';
import { ADAPTERS, type Running, start } from '../../libs/internal-token/test/support/adapters.js';
import { EdgeGateway, problemIn } from '../support/edge-gateway.js';
import { holdTimers } from '../support/held-timers.js';
import { handshake, type HandshakeAnswer, socketIo } from '../support/handshake.js';
import { ask, exchange, head } from '../support/raw-http.js';

interface Client {
  readonly send?: (text: string) => void;
  readonly emit: (event: string, text: string) => void;
}

/** Sends a message to every client that connects. */
@Injectable()
abstract class Pushing {
  connections = 0;

  handleConnection(client: Client): void {
    this.connections++;
    // ws has send(); in socket.io, send() is a message of its own.
    if ('nsp' in client) client.emit('pushed', 'secret');
    else client.send?.('secret');
  }
}

@WebSocketGateway()
class Feed extends Pushing {}

@WebSocketGateway({ path: '/open' })
@NoInternalToken()
class OpenFeed extends Pushing {}

@WebSocketGateway()
@NoInternalToken()
class OpenSockets extends Pushing {}

const ws = (app: INestApplication) => void app.useWebSocketAdapter(new WsAdapter(app));
const socket = (app: INestApplication) => void app.useWebSocketAdapter(new IoAdapter(app));
const WS_KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
const HANDSHAKE = 'socket.io/?EIO=4&transport=websocket';

function codeOf(answer: HandshakeAnswer): unknown[] {
  if (answer.status === 101) return [101, answer.body];
  const { code } = problemIn(answer as Parameters<typeof problemIn>[0]);
  return [answer.status, code];
}

describe.each(ADAPTERS)('a WebSocket handshake with a service ($adapter)', (adapter) => {
  let running: Running | undefined;
  const open = async (gateway: Type | undefined, prepare: (app: INestApplication) => void): Promise<Running> =>
    (running = await start(adapter, { providers: gateway === undefined ? [] : [gateway], prepare }));
  afterEach(async () => {
    jest.useRealTimers();
    await running?.app.close();
  });

  it('R158: is refused before it reaches a ws gateway class', async () => {
    const { app, url, tokens } = await open(Feed, ws);
    expect(codeOf(await handshake(url))).toEqual([401, 'txn_missing']);
    expect(codeOf(await handshake(url, { 'Txn-Token': 'x' }))).toEqual([401, 'txn_malformed']);
    const refused = await handshake(url, { 'Txn-Token': tokens.token() });
    expect(codeOf(refused)).toEqual([400, 'upgrade_refused']);
    expect(refused.headers['connection']).toBe('close');
    expect(app.get(Feed).connections).toBe(0);
  });

  it('R158: is refused for each transport of socket.io', async () => {
    const { app, url, get, tokens } = await open(Feed, socket);
    expect(codeOf(await handshake(`${url}/${HANDSHAKE}`))).toEqual([401, 'txn_missing']);
    const token = { 'Txn-Token': tokens.token() };
    expect(codeOf(await handshake(`${url}/${HANDSHAKE}`, token))).toEqual([400, 'upgrade_refused']);
    expect(await socketIo(url, 'websocket')).toBe('refused');
    expect(await socketIo(url, 'websocket', token)).toBe('refused');
    expect(await socketIo(url, 'polling')).toBe('refused');
    expect(await socketIo(url, 'polling', token)).toBe('refused');
    expect((await get('/socket.io/?EIO=4&transport=polling')).status).toBe(401);
    expect((await get('/socket.io/?EIO=4&transport=polling', tokens.token())).status).toBe(404);
    expect(app.get(Feed).connections).toBe(0);
  });

  it('R158: is refused when a server is attached by hand, before or after the start', async () => {
    const seen: (string | undefined)[] = [];
    const listen = (app: INestApplication) => {
      const sockets = new WebSocketServer({ noServer: true });
      (app.getHttpServer() as Server).on('upgrade', (request: IncomingMessage, stream: Socket, rest: Buffer) => {
        seen.push(request.headers.upgrade);
        sockets.handleUpgrade(request, stream, rest, (client) => client.send('secret'));
      });
    };
    const { app, port, url, tokens } = await open(undefined, listen);
    listen(app);
    expect(codeOf(await handshake(`${url}/graphql`))).toEqual([401, 'txn_missing']);
    for (const protocol of ['h2c', 'TLS/1.2, h2c', 'other']) {
      const lines = ['Host: a', 'Connection: Upgrade', `Upgrade: ${protocol}`, `Txn-Token: ${tokens.token()}`];
      expect((await ask(port, head('GET /none HTTP/1.1', ...lines))).status).toBe(404);
    }
    expect(seen).toEqual([]);
  });

  it('R158: is refused when Node hands over the connection without asking', async () => {
    const { app, url, port } = await open(Feed, ws);
    // As Fastify's additional servers for localhost do, and Node before 22.21.
    Object.assign(app.getHttpServer(), { shouldUpgradeCallback: () => true });
    const refused = await handshake(url);
    expect(codeOf(refused)).toEqual([401, 'txn_missing']);
    const h2c = head('GET / HTTP/1.1', 'Host: a', 'Connection: Upgrade', 'Upgrade: h2c');
    const alone = await exchange(port, h2c);
    expect([alone.responses.map(({ status }) => status), alone.closed]).toEqual([[401], true]);
    const behind = await exchange(port, head('GET /none HTTP/1.1', 'Host: a') + h2c);
    expect(behind.closed).toBe(true);
    expect(behind.responses.map(({ status }) => status)).not.toContain(101);
    expect(app.get(Feed).connections).toBe(0);
  });

  it('R158: closes the connection then, whether or not the client does', async () => {
    const { app, port } = await open(Feed, ws);
    const server = app.getHttpServer() as Server;
    Object.assign(server, { shouldUpgradeCallback: () => true });
    const lines = ['Host: a', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', WS_KEY];
    for (const allowHalfOpen of [false, true]) {
      holdTimers();
      const accepted = once(server, 'connection') as Promise<[Socket]>;
      const client = connect({ port, host: '127.0.0.1', allowHalfOpen }).resume();
      client.write(head('GET / HTTP/1.1', ...lines));
      const [connection] = await accepted;
      const closed = new Promise((resolve) => connection.once('close', resolve));
      try {
        await once(client, 'end');
        expect(connection.readableFlowing).toBe(true);
        if (allowHalfOpen) jest.advanceTimersByTime(2_000);
        if (allowHalfOpen) expect(connection.destroyed).toBe(true);
        await closed;
      } finally {
        connection.destroy();
        client.destroy();
        jest.useRealTimers();
      }
    }
    expect(app.get(OpenRequests, { strict: false }).size).toBe(0);
  });

  it('R159: is answered by a gateway class that needs no internal token, on its own path only', async () => {
    const { app, url } = await open(OpenFeed, ws);
    expect(codeOf(await handshake(`${url}/open?a=b`))).toEqual([101, 'secret']);
    for (const path of ['/', '/open/', '/open/a', '/Open', '//open', '/a/../open', '/%6fpen', '/opened']) {
      const { port } = running!;
      const lines = ['Host: a', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
      expect((await ask(port, head(`GET ${path} HTTP/1.1`, ...lines, WS_KEY))).status).toBe(401);
    }
    expect(app.get(OpenFeed).connections).toBe(1);
  });

  it('R159: reaches an open socket.io gateway class by each of its transports', async () => {
    const { app, url, get, tokens } = await open(OpenSockets, socket);
    expect(await socketIo(url, 'websocket')).toBe('secret');
    expect(await socketIo(url, 'polling')).toBe('secret');
    expect(app.get(OpenSockets).connections).toBe(2);
    expect((await get('/socket.iox', tokens.token())).status).toBe(404);
  });
});

describe.each(['fastify', 'express'] as const)('a WebSocket handshake with the gateway (%s)', (platform) => {
  let gateway: EdgeGateway;
  const open = async (feed: Type, prepare: (app: INestApplication) => void): Promise<EdgeGateway> =>
    (gateway = await EdgeGateway.start({ platform, providers: [feed], prepare }));
  afterEach(() => gateway.close());

  it('R158: is refused on both listeners before it reaches a gateway class', async () => {
    await open(Feed, ws);
    const minted = gateway.tokens.minted;
    const url = `http://127.0.0.1:${gateway.port}`;
    const [name, bearer] = gateway.bearer().split(': ') as [string, string];
    for (const path of ['/', '/orders', '/catalog/items', '/nowhere']) {
      expect(codeOf(await handshake(`${url}${path}`))).toEqual([401, 'access_token_missing']);
      // No token is checked: a handshake must not be a way to try credentials around the policies.
      expect(codeOf(await handshake(`${url}${path}`, { [name]: 'Bearer x' }))).toEqual([400, 'upgrade_refused']);
      expect(codeOf(await handshake(`${url}${path}`, { [name]: bearer }))).toEqual([400, 'upgrade_refused']);
    }
    expect(gateway.tokens.minted).toBe(minted);
    const { server, port } = gateway.internal;
    server.on('upgrade', (_request, stream: Socket) => stream.end('HTTP/1.1 101 Switching Protocols\r\n\r\n'));
    expect(codeOf(await handshake(`http://127.0.0.1:${port}/`))).toEqual([401, 'txn_missing']);
    const token = { 'Txn-Token': await gateway.internalToken() };
    expect(codeOf(await handshake(`http://127.0.0.1:${port}/`, token))).toEqual([400, 'upgrade_refused']);
    expect(gateway.app.get(Feed).connections).toBe(0);
  });

  it('R158: is answered after the requests before it', async () => {
    await open(Feed, ws);
    const lines = ['Host: a', 'Connection: Upgrade', 'Upgrade: websocket'];
    const { responses, closed } = await gateway.untilClosed(
      head('GET /catalog/items HTTP/1.1', 'Host: a') + head('GET / HTTP/1.1', ...lines),
    );
    expect(responses.map(({ status }) => status)).toEqual([200, 401]);
    expect(closed).toBe(true);
  });

  it('R158: is refused on both listeners for socket.io, with long polling too', async () => {
    await open(Feed, socket);
    for (const port of [gateway.port, gateway.internal.port]) {
      expect(await socketIo(`http://127.0.0.1:${port}`, 'polling')).toBe('refused');
      expect(await socketIo(`http://127.0.0.1:${port}`, 'websocket')).toBe('refused');
    }
    // Nor may a public route that matches the path admit it.
    expect((await gateway.get('/socket.io/?EIO=4&transport=polling')).body).not.toContain('sid');
    expect(gateway.app.get(Feed).connections).toBe(0);
  });

  it.each([
    ['evil.example', ['Host: evil.example'], 421],
    ['no host', [], 400],
    ['two hosts', ['Host: shop.example', 'Host: shop.example'], 400],
  ])('R176: is refused with an open gateway class if it names %s', async (_name, hosts, status) => {
    const publicHosts = ['shop.example'];
    const answer = async (target: string, ...lines: readonly string[]) => {
      const client = connect(gateway.port, '127.0.0.1').setEncoding('latin1');
      client.write(head(`GET ${target} HTTP/1.1`, ...lines));
      const [text] = (await once(client, 'data')) as [string];
      client.destroy();
      return [Number(text.split(' ')[1]), /^connection: close\r$/im.test(text)];
    };
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', WS_KEY];
    gateway = await EdgeGateway.start({
      platform,
      providers: [OpenFeed],
      prepare: ws,
      edge: { headers: { publicHosts } },
    });
    expect(await answer('/open', ...hosts, ...upgrade)).toEqual([status, true]);
    // As a Node version that hands over the connection without asking.
    Object.assign(gateway.app.getHttpServer(), { shouldUpgradeCallback: () => true });
    expect(await answer('/open', ...hosts, ...upgrade)).toEqual([status, true]);
    expect(gateway.app.get(OpenFeed).connections).toBe(0);
    const own = await handshake(`http://127.0.0.1:${gateway.port}/open`, { Host: 'shop.example' });
    expect(codeOf(own)).toEqual([101, 'secret']);
    await gateway.close();
    gateway = await EdgeGateway.start({
      platform,
      providers: [OpenSockets],
      prepare: socket,
      edge: { headers: { publicHosts } },
    });
    expect(await answer('/socket.io/?EIO=4&transport=polling', ...hosts)).toEqual([status, true]);
  });

  it('R159: reaches an open gateway class without the headers external clients must not set', async () => {
    @WebSocketGateway()
    @NoInternalToken()
    class Echo {
      handleConnection(client: { emit: (event: string, text: string) => void; handshake: { headers: object } }): void {
        client.emit('pushed', Object.keys(client.handshake.headers).join(' '));
      }
    }
    await open(Echo, socket);
    const url = `http://127.0.0.1:${gateway.port}`;
    const fields = { 'Txn-Token': 'x', 'X-User-Id': 'root', 'X-Ticket': 'its own' };
    for (const transport of ['websocket', 'polling'] as const) {
      const seen = (await socketIo(url, transport, fields)).split(' ');
      expect(seen).toContain('x-ticket');
      expect(seen).not.toContain('txn-token');
      expect(seen).not.toContain('x-user-id');
    }
  });
});

it('R158: logs a line and a span for a refused handshake under the id of the answer', async () => {
  const lines: string[] = [];
  const spans: SpanRecord[] = [];
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = ((chunk: string | Uint8Array) => lines.push(String(chunk)) > 0) as typeof write;
  try {
    const logger = new InternalTokenLogger({ service: 'test' });
    const { app, url } = await start(ADAPTERS[1], { providers: [Feed], prepare: ws, logger });
    app.get(Tracer, { strict: false }).onEnd((span) => void spans.push(span));
    const { headers } = await handshake(url);
    await app.close();
    const id = String(headers['x-request-id']);
    const told = lines.filter((line) => line.includes(id));
    expect(told).toEqual([expect.stringContaining('refused: No internal token (txn_missing)')]);
    expect(spans).toMatchObject([{ traceId: id, status: 401, kind: 'server' }]);
  } finally {
    process.stdout.write = write;
  }
});
