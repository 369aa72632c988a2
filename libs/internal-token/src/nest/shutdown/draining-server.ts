import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';

const POLL_MS = 50;

/** An HTTP server that comes to its end without breaking an exchange off. */
export class DrainingServer {
  #closed: Promise<void> | undefined;
  #isClosed = false;
  #sweep: NodeJS.Timeout | undefined;

  constructor(private readonly server: Server) {}

  /**
   * Takes no further connection. Those that there are go on.
   * @returns when the last of them has ended
   */
  close(): Promise<void> {
    // http's own `close()` would also end connections that are idle at this moment, into which a request may be on its way.
    this.#closed ??= new Promise<void>((resolve) => {
      NetServer.prototype.close.call(this.server, () => {
        this.#isClosed = true;
        clearInterval(this.#sweep);
        resolve();
      });
    });
    return this.#closed;
  }

  /** Ends the connections that are idle, and from now on each as soon as it is. */
  closeIdle(): void {
    if (this.#isClosed || this.#sweep !== undefined) return;
    const sweep = (): void => this.server.closeIdleConnections?.();
    sweep();
    this.#sweep = setInterval(sweep, POLL_MS);
  }

  /** Like `close()`, and whatever is still open after so many milliseconds is broken off. */
  async closeWithin(milliseconds: number): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const deadline = setTimeout(resolve, milliseconds);
    await Promise.race([this.close(), late]);
    clearTimeout(deadline);
    this.closeAll();
    // net's `close()` does not know of the timer by which http looks after connections, and which holds the server.
    this.server.close();
  }

  /** Breaks off every connection. */
  closeAll(): void {
    clearInterval(this.#sweep);
    this.server.closeAllConnections?.();
  }
}
