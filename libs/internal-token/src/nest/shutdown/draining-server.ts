import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';

const POLL_MS = 50;

/** Closes an HTTP server without breaking off a request. */
export class DrainingServer {
  #closed: Promise<void> | undefined;
  #isClosed = false;
  #sweep: NodeJS.Timeout | undefined;

  constructor(private readonly server: Server) {}

  /**
   * Accepts no further connections; existing ones continue.
   * Resolves when the last of them has ended.
   */
  close(): Promise<void> {
    // The `close()` of http would also end idle connections, on which a request may already be on its way.
    this.#closed ??= new Promise<void>((resolve) => {
      NetServer.prototype.close.call(this.server, () => {
        this.#isClosed = true;
        clearInterval(this.#sweep);
        resolve();
      });
    });
    return this.#closed;
  }

  /** Closes idle connections, now and from now on. */
  closeIdle(): void {
    if (this.#isClosed || this.#sweep !== undefined) return;
    const sweep = (): void => this.server.closeIdleConnections?.();
    sweep();
    this.#sweep = setInterval(sweep, POLL_MS);
  }

  /** Like `close()`, but breaks off connections that are still open after this time. */
  async closeWithin(milliseconds: number): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const deadline = setTimeout(resolve, milliseconds);
    await Promise.race([this.close(), late]);
    clearTimeout(deadline);
    this.closeAll();
    // The `close()` of net does not clear the timer with which http checks connections, and which holds the server.
    this.server.close();
  }

  /** Breaks off every connection. */
  closeAll(): void {
    clearInterval(this.#sweep);
    this.server.closeAllConnections?.();
  }
}
