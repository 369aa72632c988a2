import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const RETRY_MS = 20;

/**
 * Stands in front of processes that replace each other, as a load balancer does. A refused connection is tried
 * again. An accepted one is passed through byte by byte, including its end.
 */
export class FrontDoor {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(private target: URL) {
    this.#server = createServer({ allowHalfOpen: true }, (caller) => this.#admit(caller));
  }

  /** @param target the URL of the process behind it */
  static async open(target: string): Promise<FrontDoor> {
    const door = new FrontDoor(new URL(target));
    door.#server.listen(0, '127.0.0.1');
    await once(door.#server, 'listening');
    return door;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Sends new connections to this target from now on. */
  leadTo(target: string): void {
    this.target = new URL(target);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #admit(caller: Socket): void {
    this.#sockets.add(caller);
    caller.on('error', () => undefined);
    caller.on('close', () => this.#sockets.delete(caller));
    this.#connect(caller);
  }

  #connect(caller: Socket): void {
    const process = connect({ port: Number(this.target.port), host: this.target.hostname, allowHalfOpen: true });
    const onRefused = (): void => void setTimeout(() => caller.destroyed || this.#connect(caller), RETRY_MS);
    process.once('error', onRefused);
    process.once('connect', () => {
      process.off('error', onRefused);
      this.#pass(caller, process);
      this.#pass(process, caller);
    });
  }

  #pass(from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.pipe(to);
    from.on('error', () => to.resetAndDestroy());
    from.on('close', () => to.destroyed || to.destroySoon());
  }
}
