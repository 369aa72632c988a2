import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { livePage, livePagePolicy } from '../../../libs/itok/src/page/index.js';
import { keepablePort } from '../upstream.js';
import type {
  CaptureReport,
  KeyReport,
  RequestSummary,
  TokenInspection,
  TraceReport,
} from '../../../libs/itok/src/trace/index.js';

const NONCE = 'dGVzdC1ub25jZQ';

/** What a {@link LiveServer} answers. */
export interface LiveAnswers {
  readonly requests: readonly RequestSummary[];
  readonly traces: ReadonlyMap<string, TraceReport>;
  readonly capture: CaptureReport;
  readonly keys: readonly KeyReport[];
  inspect(token: string): TokenInspection;
}

/** The live page and its requests, answered from given data; can be stopped and started again on its port. */
export class LiveServer {
  /** Method and URL of every request. */
  readonly asked: string[] = [];
  readonly #streams = new Set<ServerResponse>();
  #server: Server | undefined;
  #port: number | undefined;

  constructor(private readonly answers: LiveAnswers) {}

  get url(): string {
    return `http://127.0.0.1:${this.#port}/__dev`;
  }

  async start(): Promise<void> {
    this.#port ??= await keepablePort();
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** As a request that has just ended. */
  ended(request: RequestSummary): void {
    for (const stream of this.#streams) stream.write(`event: request\ndata: ${JSON.stringify(request)}\n\n`);
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#streams.clear();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    this.asked.push(`${method} ${url}`);
    const route = `${method} ${url.replace(/^\/__dev\/requests\/.+/, '/__dev/requests/*')}`;
    const json = (value: unknown): void => {
      response.writeHead(value === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(value ?? null));
    };
    switch (route) {
      case 'GET /__dev':
        response.writeHead(200, {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': livePagePolicy({ nonce: NONCE }),
        });
        return void response.end(livePage({ nonce: NONCE }));
      case 'GET /__dev/requests':
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`retry: 50\nevent: requests\ndata: ${JSON.stringify(this.answers.requests)}\n\n`);
        return void this.#streams.add(response);
      case 'GET /__dev/requests/*':
        return json(this.answers.traces.get(url.slice('/__dev/requests/'.length)));
      case 'GET /__dev/capture':
        return json(this.answers.capture);
      case 'GET /__dev/keys':
        return json(this.answers.keys);
      case 'POST /__dev/inspect':
        return json(this.answers.inspect((JSON.parse(await text(request)) as { token: string }).token));
      default:
        response.writeHead(404).end();
    }
  }
}
