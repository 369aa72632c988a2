import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** The head of a request as it was sent. */
export interface WireHead {
  readonly method: string;
  readonly target: string;
  /** The values of every header of this name, in any case. */
  all(name: string): string[];
}

export interface WireTapOptions {
  /** How long each chunk is held back, in milliseconds. Default: not at all. */
  readonly delay?: () => number;
}

const HEAD = /(GET|HEAD|POST|PUT|PATCH|DELETE) (\S+) HTTP\/1\.1\r\n((?:[^\r\n]+\r\n)+)\r\n/g;

/**
 * Stands on the wire between two processes: passes on every byte unchanged, connection by connection, and records it.
 */
export class WireTap {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #sent: Buffer[][] = [];

  private constructor(
    private readonly target: URL,
    private readonly delay: (() => number) | undefined,
  ) {
    this.#server = createServer((caller) => this.#join(caller));
  }

  /** @param target the URL of the process behind it */
  static async open(target: string, { delay }: WireTapOptions = {}): Promise<WireTap> {
    const tap = new WireTap(new URL(target), delay);
    tap.#server.listen(0, '127.0.0.1');
    await once(tap.#server, 'listening');
    return tap;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Every connection that the calling process opened. */
  get connections(): number {
    return this.#sent.length;
  }

  /** The heads of all requests so far. The shop's bodies hold no line breaks, so none looks like a head. */
  get heads(): WireHead[] {
    return this.#sent.flatMap((chunks) =>
      [...Buffer.concat(chunks).toString('latin1').matchAll(HEAD)].map(([, method = '', target = '', fields = '']) => ({
        method,
        target,
        all: (name) =>
          fields
            .split('\r\n')
            .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
            .map((line) => line.slice(name.length + 1).trim()),
      })),
    );
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(caller: Socket): void {
    const callee = connect(Number(this.target.port), this.target.hostname);
    const sent: Buffer[] = [];
    this.#sent.push(sent);
    caller.on('data', (bytes: Buffer) => sent.push(bytes));
    this.#pass(caller, callee);
    this.#pass(callee, caller);
  }

  /** In order, each chunk delayed on its own; an end or an abort goes the same way. */
  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    let last: Promise<unknown> = Promise.resolve();
    const after = (work: () => void): void => {
      const milliseconds = this.delay?.() ?? 0;
      last = last.then(() => (milliseconds > 0 ? wait(milliseconds) : undefined)).then(work);
    };
    from.setNoDelay(true);
    from.on('data', (bytes: Buffer) => after(() => to.destroyed || to.write(bytes)));
    from.on('end', () => after(() => to.end()));
    from.on('error', () => to.destroy());
    from.on('close', (broken: boolean) => {
      this.#sockets.delete(from);
      after(() => (broken ? to.destroy() : to.end()));
    });
  }
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
