import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  type AddressInfo,
  createServer as createSocketServer,
  type Server as SocketServer,
  type Socket,
} from 'node:net';
import { freePorts } from '../../scripts/lib/free-ports.mjs';

/** A test's handler for a request; nobody waits for it. */
export type Serve = (request: IncomingMessage, response: ServerResponse) => unknown;

export interface Arrived {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** A service's place on the network: a real HTTP server that a test controls, and that can stop and come back. */
export class HttpUpstream {
  readonly seen: { readonly method: string; readonly url: string; readonly rawHeaders: readonly string[] }[] = [];
  #server: Server | undefined;
  #waiting: ((arrived: Arrived) => void)[] = [];
  #port = 0;

  private constructor(private readonly listener: Serve | undefined) {}

  /** @param listener answers; without one a test takes requests by {@link next} */
  static async start(listener?: Serve, port = 0): Promise<HttpUpstream> {
    const upstream = new HttpUpstream(listener);
    upstream.#port = port;
    await upstream.listen();
    return upstream;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  get server(): Server {
    if (!this.#server) throw new Error('the upstream does not listen');
    return this.#server;
  }

  /** On the same port again. */
  async listen(): Promise<void> {
    const server = createServer((request, response) => this.#onRequest(request, response));
    if (this.#port === 0) this.#port = await keepablePort();
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
  }

  /** The next request that arrives. */
  next(): Promise<Arrived> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Stops listening and cuts every connection. */
  async stop(): Promise<void> {
    const { server } = this;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    this.seen.push({ method: request.method ?? '', url: request.url ?? '', rawHeaders: request.rawHeaders });
    const taker = this.#waiting.shift();
    if (taker) taker({ request, response });
    else if (this.listener) this.listener(request, response);
    else response.writeHead(500).end('no test takes this request');
  }
}

/** A port that stays free while nobody listens on it. */
export async function keepablePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

/** What one connection sent, byte for byte, and the means to answer with bytes. */
export interface RawConnection {
  readonly socket: Socket;
  /** Everything received so far, as latin1. */
  received: string;
}

/** A server that reads and writes bytes: called for every complete head with the number of heads on that connection. */
export class RawUpstream {
  readonly connections: RawConnection[] = [];
  /** The bytes of all connections in order of arrival, as latin1. */
  received = '';

  private constructor(
    private readonly server: SocketServer,
    readonly url: string,
  ) {}

  static async start(answer: (connection: RawConnection, heads: number) => void): Promise<RawUpstream> {
    const server = createSocketServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const upstream = new RawUpstream(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('connection', (socket) => {
      const connection: RawConnection = { socket, received: '' };
      upstream.connections.push(connection);
      let heads = 0;
      socket.setEncoding('latin1');
      socket.on('error', () => undefined);
      socket.on('data', (text: string) => {
        connection.received += text;
        upstream.received += text;
        for (const complete = count(connection.received); heads < complete;) answer(connection, ++heads);
      });
    });
    return upstream;
  }

  async close(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    const closed = once(this.server, 'close');
    this.server.close();
    await closed;
  }
}

function count(received: string): number {
  return received.split(/^(?:[A-Z]+) \S+ HTTP\/1\.1\r\n(?:.+\r\n)*\r\n/m).length - 1;
}

/** The values of a header, in order. */
export function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}
