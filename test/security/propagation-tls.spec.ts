import { once } from 'node:events';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import { Agent as HttpsAgent, request, type RequestOptions } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import * as undici from 'undici';
import { CertificateAuthority, describeWithOpenssl } from '../support/certificate-authority.js';
import { type Caller, Peer, refusalOf, startCaller } from './support/outgoing.js';

/** An HTTP/1.1 and HTTP/2 server that records the tokens it is sent. */
class SecurePeer {
  readonly tokens: unknown[] = [];
  readonly versions: string[] = [];
  connections = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server: Http2SecureServer;

  constructor(certificate: { cert: string; key: string }) {
    this.#server = createSecureServer({
      ...certificate,
      allowHTTP1: true,
      settings: { enableConnectProtocol: true },
    }).on('request', ({ headers, httpVersion }, response) => {
      this.tokens.push(headers['txn-token']);
      this.versions.push(httpVersion);
      response.end('ok');
    });
    this.#server
      .on('secureConnection', () => this.connections++)
      .on('connection', (socket: Socket) => this.#sockets.add(socket))
      .on('sessionError', () => undefined);
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1').unref();
    await once(this.#server, 'listening');
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `https://localhost:${this.port}`;
  }

  /** The headers of the next HTTP/2 stream, which is then ended. */
  async arrival(): Promise<object> {
    const [stream, headers] = (await once(this.#server, 'stream')) as [{ close(): void }, object];
    stream.close();
    return headers;
  }

  /** Until nothing more can arrive. */
  async abandoned(): Promise<void> {
    for (const socket of this.#sockets) if (!socket.destroyed) await once(socket, 'close');
  }

  forget(): void {
    this.tokens.length = this.versions.length = this.connections = 0;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

describeWithOpenssl('a TLS connection', () => {
  let authority: CertificateAuthority;
  let inside: SecurePeer;
  let outside: SecurePeer;
  let plain: Peer;
  let caller: Caller;
  let ca: string;
  beforeAll(async () => {
    authority = new CertificateAuthority();
    ca = authority.pem;
    const certificate = authority.issue({ names: ['DNS:localhost', 'DNS:other.test', 'IP:127.0.0.1'] });
    inside = await new SecurePeer(certificate).listen();
    outside = await new SecurePeer(certificate).listen();
    plain = await new Peer().listen();
    const byAddress = `https://127.0.0.1:${inside.port}`;
    caller = await startCaller({
      internalOrigins: [inside.origin, byAddress, `https://localhost:${plain.port}`],
      connections: { [byAddress]: [{ servername: 'other.test' }] },
    });
  });
  beforeEach(() => [inside, outside].forEach((peer) => peer.forget()));
  afterAll(async () => {
    await caller.close();
    inside.close();
    outside.close();
    await plain.close();
    authority.remove();
  });

  /** An undici dispatcher that connects otherwise than it is asked to. */
  const connecting = (given: object, asked: object): undici.Agent => {
    const connector = undici.buildConnector({ ca, ...given });
    return new undici.Agent({ connect: (options, done) => connector({ ...options, ...asked }, done) });
  };
  const byUndici = async (dispatcher: undici.Dispatcher, headers = {}, origin = inside.origin): Promise<string> => {
    try {
      return await refusalOf(
        caller.as('ada', async () => {
          await (await dispatcher.request({ origin, path: '/', method: 'POST', body: 'x', headers })).body.dump();
        }),
      );
    } finally {
      await dispatcher.destroy();
    }
  };
  const byNode = (options: RequestOptions, origin = inside.origin): Promise<string> =>
    refusalOf(
      caller.as('ada', async () => {
        const sent = request(origin, { ca, method: 'POST', ...options }).end('x');
        const [response] = (await once(sent, 'response')) as [NodeJS.ReadableStream];
        await once(response.resume(), 'end');
      }),
    );

  it.each([
    ['HTTP/1.1', { allowH2: false }, '1.1'],
    ['HTTP/2', { allowH2: true, preferH2: true }, '2.0'],
  ])('R161: carries the token with undici over %s, and to no other port', async (_name, given, version) => {
    expect(await byUndici(connecting(given, {}))).toBe('no error');
    expect(inside).toMatchObject({ tokens: [expect.stringMatching(/^eyJ/)], versions: [version] });
    expect(await byUndici(connecting(given, { port: String(outside.port) }))).toBe('internal_call_unsafe');
    await outside.abandoned();
    expect(outside.tokens).toEqual([]);
  });

  it('R161: carries no token with an upgrade over HTTP/2, which undici does not announce', async () => {
    const agent = connecting({ preferH2: true }, { port: String(outside.port) });
    const upgrade = () => undici.upgrade(inside.origin, { dispatcher: agent, protocol: 'websocket' });
    const arrived = outside.arrival();
    await caller.as('ada', upgrade).catch(() => undefined);
    expect(await arrived).not.toHaveProperty('txn-token');
    await agent.destroy();
  });

  it.each<[string, () => Promise<string>]>([
    ['an undici option', () => byUndici(connecting({ servername: 'other.test' }, {}))],
    ['the Host header in undici', () => byUndici(connecting({}, {}), { host: 'other.test' })],
    ['a node:https option', () => byNode({ servername: 'other.test' })],
    ['the Host header in node:https', () => byNode({ headers: { host: 'other.test' } })],
  ])('R161: is refused under another server name, set by %s', async (_how, call) => {
    expect(await call()).toBe('internal_call_unsafe');
    expect(inside.tokens).toEqual([]);
  });

  it('R161: is accepted under the server name in the options', async () => {
    const byAddress = `https://127.0.0.1:${inside.port}`;
    expect(await byUndici(connecting({ servername: 'other.test' }, {}), {}, byAddress)).toBe('no error');
    expect(await byNode({ servername: 'other.test' }, byAddress)).toBe('no error');
    expect(await byNode({}, byAddress)).toBe('no error');
    expect(inside.tokens).toHaveLength(3);
  });

  it('R161: is refused without TLS', async () => {
    const agent = new undici.Agent({
      connect: (_options, done) => {
        const socket = connect(plain.port, '127.0.0.1', () => done(null, socket));
      },
    });
    const origin = `https://localhost:${plain.port}`;
    expect(await byUndici(agent, {}, origin)).toBe('internal_call_unsafe');
    const createConnection = () => connect(plain.port, '127.0.0.1');
    expect(await byNode({ createConnection }, origin)).toBe('internal_call_unsafe');
    expect(plain.received).toEqual([]);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'R161: is recognized when kept alive or resumed, with %s',
    async (version) => {
      for (const keepAlive of [true, false]) {
        const agent = new HttpsAgent({ ca, keepAlive, maxVersion: version, minVersion: version });
        for (let i = 0; i < 3; i++) expect(await byNode({ agent })).toBe('no error');
        agent.destroy();
      }
      expect(inside.tokens).toHaveLength(6);
      expect(inside.connections).toBe(4);
    },
  );
});
