import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { JsonWebKey } from 'node:crypto';
import { keepablePort } from './upstream.js';

export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A real key server that misbehaves on demand and counts its requests. */
export class JwksServer {
  asked = 0;
  keys: readonly JsonWebKey[];
  /** Answers instead of the key set; undefined: the key set. */
  misbehave: Answer | undefined;

  private constructor(
    private server: Server,
    readonly port: number,
    keys: readonly JsonWebKey[],
  ) {
    this.keys = keys;
    server.on('request', (request, response) => this.#answer(request, response));
  }

  static async start(keys: readonly JsonWebKey[]): Promise<JwksServer> {
    const [server, port] = [createServer(), await keepablePort()];
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return new JwksServer(server, port, keys);
  }

  get jwksUri(): string {
    return `http://127.0.0.1:${this.port}/jwks.json`;
  }

  /** Stops listening. */
  async goDown(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async comeBack(): Promise<void> {
    this.server = createServer((request, response) => this.#answer(request, response));
    await new Promise<void>((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.asked += 1;
    if (this.misbehave !== undefined) return this.misbehave(response, request);
    response.setHeader('content-type', 'application/jwk-set+json').end(JSON.stringify({ keys: this.keys }));
  }
}
