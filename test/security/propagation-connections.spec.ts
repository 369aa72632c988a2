import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent as HttpAgent, type ClientRequest, createServer, request, type RequestOptions } from 'node:http';
import { connect, type LookupFunction, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import * as undici from 'undici';
import { withoutPropagation } from 'nestjs-internal-token/http';
import { refusalOf, useCallerWithPeers } from './support/outgoing.js';

const FIELDS = /txn-token|traceparent|eyJ/i;

const toLoopback2: LookupFunction = (_host, { all }, done) =>
  all ? done(null, [{ address: '127.0.0.2', family: 4 }]) : done(null, '127.0.0.2', 4);

/** Records the bytes that arrive and answers 204. */
class Catcher {
  readonly #sockets = new Set<Socket>();
  text = '';
  connections = 0;
  readonly #server: Server = createServer((_req, res) => void res.writeHead(204).end()).on('connection', (socket) => {
    this.connections++;
    this.#sockets.add(socket);
    socket.on('data', (data: Buffer) => (this.text += data.toString('latin1'))).on('error', () => undefined);
  });

  async listen(where: { port: number; host: string } | { path: string }): Promise<this> {
    this.#server.listen(where).unref();
    await once(this.#server, 'listening');
    return this;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

describe('a connection that leads elsewhere', () => {
  const folder = mkdtempSync(join(tmpdir(), 'connections-'));
  const path = join(folder, 's');
  let localhost: string;
  let unix: Catcher;
  let host2: Catcher;
  const world = useCallerWithPeers(({ inside }) => {
    localhost = `http://localhost:${inside.port}`;
    return { internalOrigins: { orders: inside.origin, local: localhost } };
  });
  beforeAll(async () => {
    unix = await new Catcher().listen({ path });
    host2 = await new Catcher().listen({ port: world.inside.port, host: '127.0.0.2' });
  });
  beforeEach(() => {
    unix.text = '';
    host2.text = '';
  });
  afterAll(() => {
    unix.close();
    host2.close();
    rmSync(folder, { recursive: true });
  });

  const nothingLeft = (): void => {
    expect(unix.text + host2.text).not.toMatch(FIELDS);
    for (const { rawHeaders } of world.outside.received) expect(rawHeaders.join('\n')).not.toMatch(FIELDS);
  };

  const toOutside: undici.buildConnector.connector = (_options, done) => {
    const socket = connect(world.outside.port, '127.0.0.1', () => done(null, socket));
    socket.once('error', (error) => done(error, null));
  };

  const dispatchers: [string, () => undici.Dispatcher, () => string][] = [
    ['connect() to another port', () => new undici.Agent({ connect: toOutside }), () => world.inside.origin],
    ['a Unix socket', () => new undici.Agent({ connect: { socketPath: path } }), () => world.inside.origin],
    [
      'socketPath of a Client',
      () => new undici.Client(world.inside.origin, { socketPath: path }),
      () => world.inside.origin,
    ],
    ['lookup', () => new undici.Agent({ connect: { lookup: toLoopback2 } }), () => localhost],
    [
      'connect() to another address',
      () =>
        new undici.Agent({
          connect: (_options, done) => {
            const socket = connect(world.inside.port, '127.0.0.2', () => done(null, socket));
          },
        }),
      () => world.inside.origin,
    ],
  ];

  describe.each(dispatchers)("undici's %s", (_how, make, origin) => {
    it('R161: is refused before the first byte, with a typed error that holds no token', async () => {
      const { caller } = world;
      const before = { attached: caller.propagation.attached, refused: caller.propagation.refused };
      const dispatcher = make();
      const call = () => dispatcher.request({ origin: origin(), path: '/', method: 'POST', body: 'x' });
      const error: unknown = await caller.as('ada', call).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'internal_call_unsafe' });
      expect(inspect(error, { depth: 12, showHidden: true })).not.toMatch(/eyJ/);
      nothingLeft();
      expect(caller.propagation).toMatchObject({ attached: before.attached, refused: before.refused + 1 });
      await dispatcher.destroy();
    });
  });

  it.each<[string, () => undici.Dispatcher.DispatchOptions['body'] | undici.FormData | Blob]>([
    ['text', () => 'x'.repeat(70_000)],
    ['a stream', () => Readable.from(['a', 'b'])],
    [
      'an async generator',
      async function* () {
        yield 'a';
        yield 'b';
      } as never,
    ],
    ['a Blob', () => new Blob(['a'])],
    [
      'a form',
      () => {
        const form = new undici.FormData();
        form.set('a', 'b');
        return form;
      },
    ],
  ])('R161: sends nothing of a body that is %s', async (_kind, body) => {
    const dispatcher = new undici.Agent({ connect: toOutside });
    const call = () =>
      dispatcher.request({ origin: world.inside.origin, path: '/', method: 'POST', body: body() as never });
    expect(await refusalOf(world.caller.as('ada', call))).toBe('internal_call_unsafe');
    expect(world.outside.received).toEqual([]);
    await dispatcher.destroy();
  });

  it('R161: is refused for every pipelined request, and never retried', async () => {
    const dispatcher = new undici.RetryAgent(new undici.Agent({ connect: toOutside, pipelining: 4, connections: 1 }), {
      minTimeout: 1,
      maxRetries: 2,
      errorCodes: ['internal_call_unsafe', 'UND_ERR_INFO', 'UND_ERR_SOCKET', 'ECONNRESET'],
    });
    const call = () => dispatcher.request({ origin: world.inside.origin, path: '/', method: 'GET' });
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => refusalOf(world.caller.as('ada', call))));
    expect(outcomes).toEqual(Array(4).fill('internal_call_unsafe'));
    expect(world.outside.received).toEqual([]);
    await dispatcher.destroy();
  });

  it('R161: is refused even if a call without a token opened it', async () => {
    const client = new undici.Client(world.inside.origin, { connect: toOutside });
    const call = () => client.request({ path: '/', method: 'GET' });
    await (await withoutPropagation(call)).body.dump();
    expect(world.outside.received).toHaveLength(1);
    expect(await refusalOf(world.caller.as('ada', call))).toBe('internal_call_unsafe');
    expect(world.outside.received).toHaveLength(1);
    nothingLeft();
    await client.destroy();
  });

  const ask = (origin: string, options: RequestOptions): ClientRequest => request(origin, options).end();

  it.each<[string, () => [string, RequestOptions]]>([
    ['lookup', () => [localhost, { lookup: toLoopback2 }]],
    ['lookup of an agent', () => [localhost, { agent: new HttpAgent({ lookup: toLoopback2 } as never) }]],
    [
      'createConnection to another address',
      () => [localhost, { createConnection: () => connect(world.inside.port, '127.0.0.2') }],
    ],
    ['createConnection to a Unix socket', () => [world.inside.origin, { createConnection: () => connect(path) }]],
    [
      'createConnection with an open socket',
      () => {
        const socket = connect(world.outside.port, '127.0.0.1');
        return [world.inside.origin, { createConnection: () => socket }];
      },
    ],
  ])('R161: is refused before the first byte with %s of node:http', async (_how, make) => {
    const { caller } = world;
    const before = { attached: caller.propagation.attached, refused: caller.propagation.refused };
    const [origin, options] = make();
    const call = caller.as('ada', () => once(ask(origin, options), 'response'));
    const error: unknown = await call.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'internal_call_unsafe' });
    nothingLeft();
    expect(caller.propagation).toMatchObject({ attached: before.attached, refused: before.refused + 1 });
  });

  it('R161: is accepted where localhost means loopback, over IPv4 and IPv6', async () => {
    const { caller, inside } = world;
    await (await caller.as('ada', () => undici.request(localhost))).body.dump();
    const [response] = (await caller.as('ada', () => once(ask(localhost, {}), 'response'))) as [Readable];
    response.resume();
    expect(inside.received.map(({ tokens }) => tokens.length)).toEqual([1, 1]);
  });
});

describe('a sidecar', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sidecar-'));
  const path = join(folder, 's');
  let unix: Catcher;
  const world = useCallerWithPeers(({ inside, outside }) => ({
    internalOrigins: { orders: 'http://orders.internal:3003', stock: inside.origin },
    connections: {
      'http://orders.internal:3003': [{ unixSocket: true }, { address: '127.0.0.1', port: outside.port }],
    },
  }));
  beforeAll(async () => void (unix = await new Catcher().listen({ path })));
  beforeEach(() => void (unix.text = ''));
  afterAll(() => {
    unix.close();
    rmSync(folder, { recursive: true });
  });

  it.each<[string, () => Promise<unknown>]>([
    [
      'undici',
      async () => {
        const dispatcher = new undici.Agent({ connect: { socketPath: path } });
        await (await undici.request('http://orders.internal:3003/', { dispatcher })).body.dump();
        await dispatcher.close();
      },
    ],
    ['node:http', () => once(request('http://orders.internal:3003/', { socketPath: path }).end(), 'response')],
  ])('R161: gets the token over a Unix socket when the options say so, with %s', async (_name, call) => {
    await world.caller.as('ada', call);
    expect(unix.text).toMatch(/^Txn-Token: eyJ/im);
  });

  it.each<[string, (port: number, host: string) => Promise<unknown>]>([
    [
      'undici',
      async (port, host) => {
        const dispatcher = new undici.Agent({
          connect: (_options, done) => {
            const socket = connect(port, host, () => done(null, socket));
          },
        });
        await (await undici.request('http://orders.internal:3003/', { dispatcher })).body.dump();
        await dispatcher.close();
      },
    ],
    [
      'node:http',
      (port, host) =>
        once(
          request('http://orders.internal:3003/', { createConnection: () => connect(port, host) }).end(),
          'response',
        ),
    ],
  ])('R161: gets the token only at the address and port in the options, with %s', async (_n, call) => {
    const { caller, inside, outside } = world;
    await caller.as('ada', () => call(outside.port, '127.0.0.1'));
    expect(outside.last.tokens).toHaveLength(1);
    expect(await refusalOf(caller.as('ada', () => call(inside.port, '127.0.0.1')))).toBe('internal_call_unsafe');
    const other = await new Catcher().listen({ port: outside.port, host: '127.0.0.2' });
    expect(await refusalOf(caller.as('ada', () => call(outside.port, '127.0.0.2')))).toBe('internal_call_unsafe');
    expect(other.text).toBe('');
    other.close();
  });

  it('R161: serves only the origin it is configured for', async () => {
    const { caller, inside } = world;
    const dispatcher = new undici.Agent({ connect: { socketPath: path } });
    const call = caller.as('ada', () => undici.request(inside.origin, { dispatcher }));
    expect(await refusalOf(call)).toBe('internal_call_unsafe');
    await caller.as('ada', () => once(request(inside.origin, { socketPath: path }).end(), 'response'));
    expect(unix.text).not.toMatch(FIELDS);
    await dispatcher.destroy();
  });
});
