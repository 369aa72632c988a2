import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What was posted. */
export interface Posted {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
  readonly bytes: number;
}

type Answer = (response: ServerResponse, posted: Posted) => void;

/** A real collector on loopback whose answers the test decides. */
export class SpanReceiver {
  readonly posted: Posted[] = [];
  /** Default: success, all accepted. */
  answer: Answer = (response) => response.setHeader('content-type', 'application/json').end('{}');

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => void this.#receive(request, response));
  }

  static async start(): Promise<SpanReceiver> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new SpanReceiver(server);
  }

  /** `127.0.0.1:port` */
  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const posted: Posted = {
      path: request.url ?? '',
      headers: request.headers,
      body: JSON.parse(body.toString('utf8')),
      bytes: body.byteLength,
    };
    this.posted.push(posted);
    this.answer(response, posted);
  }
}
