import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { LinkedSet } from '../../core/index.js';
import type { RequestRecord } from '../context/request-record.js';
import { listenForErrors } from './listen-for-errors.js';

/** The requests of this application whose answers are not complete yet, whichever listener they came through. */
@Injectable()
export class OpenRequests {
  readonly #open = new LinkedSet<RequestRecord>();
  /** By connection: several where they were pipelined, in their order. */
  readonly #byConnection = new WeakMap<Duplex, LinkedSet<RequestRecord>>();
  #closing = false;
  #empty: PromiseWithResolvers<void> | undefined;

  get size(): number {
    return this.#open.size;
  }

  /** Those of one connection, in their order. */
  of(connection: Duplex): Pick<LinkedSet<RequestRecord>, 'size' | typeof Symbol.iterator> {
    return this.#byConnection.get(connection) ?? NONE;
  }

  add(request: RequestRecord): void {
    this.#open.add(request);
    const { socket } = request.raw;
    // app.inject() brings none, or one that is no connection.
    if (socket) (this.#byConnection.get(socket) ?? this.#begin(socket)).add(request);
    if (this.#closing) this.#closeAfter(request);
  }

  remove(request: RequestRecord): void {
    this.#open.delete(request);
    const { socket } = request.raw;
    if (socket) this.#byConnection.get(socket)?.delete(request);
    if (this.#open.size > 0) return;
    this.#empty?.resolve();
    this.#empty = undefined;
  }

  /** From now on every answer ends its connection and says so (`Connection: close`, RFC 9112 section 9.6). */
  closeConnections(): void {
    this.#closing = true;
    for (const request of this.#open) this.#closeAfter(request);
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
    return Array.from(this.#open, ({ response, txn, span }) => {
      span?.fail(reason);
      response.destroy();
      return txn;
    });
  }

  #begin(connection: Duplex): LinkedSet<RequestRecord> {
    const requests = new LinkedSet<RequestRecord>();
    this.#byConnection.set(connection, requests);
    // It may come from a server that is not protected.
    listenForErrors(connection);
    // Node ends only the first of them once it has handed out the socket.
    connection.once('close', () => {
      for (const { raw, response } of requests) {
        raw.destroy();
        response.destroy();
      }
    });
    return requests;
  }

  /** Of pipelined requests only the last says so: a client ignores answers that follow. */
  #closeAfter({ raw, response }: RequestRecord): void {
    for (const earlier of this.of(raw.socket)) {
      if (earlier.response === response) break;
      keepAlive(earlier.response);
    }
    response.shouldKeepAlive = false;
  }
}

const NONE = new LinkedSet<RequestRecord>();

function keepAlive(response: ServerResponse): void {
  if (!response.headersSent) response.shouldKeepAlive = true;
}
