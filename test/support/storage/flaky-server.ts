import { createServer, connect, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { keepablePort } from '../upstream.js';

/** Stands in front of a database server and can die, hang and come back, always on the same port. */
export class FlakyServer {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #silent = false;
  /** Connections accepted while hanging. */
  unanswered = 0;

  private constructor(
    private readonly target: URL,
    private readonly port: number,
  ) {}

  static async before(url: string): Promise<FlakyServer> {
    const flaky = new FlakyServer(new URL(url), await keepablePort());
    await flaky.comeBack();
    return flaky;
  }

  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String(this.port);
    return url.href;
  }

  async comeBack(): Promise<void> {
    this.#silent = false;
    this.#server = createServer((client) => this.#serve(client)).listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Accepts connections and never answers. */
  fallSilent(): void {
    this.#silent = true;
    this.#cut();
  }

  async die(): Promise<void> {
    const closed = once(this.#server!, 'close');
    this.#server?.close();
    this.#cut();
    await closed;
  }

  #cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(client: Socket): void {
    this.#keep(client);
    if (this.#silent) {
      this.unanswered += 1;
      return;
    }
    const upstream = connect(Number(this.target.port || 5432), this.target.hostname);
    this.#keep(upstream);
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => socket.destroy());
  }
}
