import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { InternalTokenStore } from '../context/internal-token-store.js';

/** The requests of this application whose answers are not out yet, whichever listener they came through. */
@Injectable()
export class OpenRequests {
  readonly #open = new Map<ServerResponse, InternalTokenStore>();
  /** Once connections are to close: the newest request of each. */
  #newest: WeakMap<Duplex, ServerResponse> | undefined;
  #empty: PromiseWithResolvers<void> | undefined;

  get size(): number {
    return this.#open.size;
  }

  add(response: ServerResponse, store: InternalTokenStore): void {
    this.#open.set(response, store);
    if (this.#newest !== undefined) this.#closeAfter(response, this.#newest);
  }

  remove(response: ServerResponse): void {
    this.#open.delete(response);
    if (this.#open.size > 0) return;
    this.#empty?.resolve();
    this.#empty = undefined;
  }

  /** From now on every answer ends its connection and says so (`Connection: close`, RFC 9112 section 9.6). */
  closeConnections(): void {
    const newest = (this.#newest ??= new WeakMap());
    for (const response of this.#open.keys()) this.#closeAfter(response, newest);
  }

  /** Resolves as soon as nothing is open. */
  async settled(): Promise<void> {
    if (this.#open.size > 0) await (this.#empty ??= Promise.withResolvers()).promise;
  }

  /**
   * Breaks off every answer, for which this error is the reason.
   * @returns the ids of the requests
   */
  breakOff(reason: Error): string[] {
    return Array.from(this.#open, ([response, { txn, span }]) => {
      span?.fail(reason);
      response.destroy();
      return txn;
    });
  }

  /** Of pipelined requests only the last says so, or those behind it would get no answer. */
  #closeAfter(response: ServerResponse, newest: WeakMap<Duplex, ServerResponse>): void {
    const { socket } = response.req;
    const before = newest.get(socket);
    if (before !== undefined && !before.headersSent) before.shouldKeepAlive = true;
    response.shouldKeepAlive = false;
    newest.set(socket, response);
  }
}
