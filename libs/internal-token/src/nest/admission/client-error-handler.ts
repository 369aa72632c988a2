import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  InternalTokenError,
  newTransactionId,
  PROBLEM_CONTENT_TYPE,
  sendProblem,
  toProblem,
} from '../../core/index.js';
import { enterStore, type InternalTokenStore } from '../context/internal-token-store.js';
import { endLingeringly } from './end-lingeringly.js';
import { Tracer } from '../tracing/tracer.js';

/** Node's parser and time-out errors that have a status of their own. */
const STATUS_OF: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

interface OpenRequest {
  readonly raw: IncomingMessage;
  readonly response: ServerResponse;
  readonly store: InternalTokenStore;
}

/**
 * Answers what never becomes a request (bytes that are no HTTP, oversized fields, `CONNECT`) with a problem body and an
 * id that is in the log, and closes the connection. The answers of the requests before it come first.
 *
 * It also listens for the errors of every connection: Node stops at `CONNECT` and at an upgrade, and an error event
 * without a listener ends the process.
 */
@Injectable()
export class ClientErrorHandler implements OnModuleInit {
  readonly #logger = new Logger(ClientErrorHandler.name);
  /** The requests of a connection whose answers are not out yet: several where they were pipelined. */
  readonly #open = new WeakMap<Duplex, Set<OpenRequest>>();
  /** Connections from which nothing is read any more. */
  readonly #ending = new WeakSet<Duplex>();

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly tracer: Tracer,
  ) {}

  onModuleInit(): void {
    // Null in an application context, undefined in a bare testing module.
    const adapter = this.host.httpAdapter as HttpAdapterHost['httpAdapter'] | null | undefined;
    const server = adapter?.getHttpServer() as Server | undefined;
    if (typeof server?.on === 'function') this.protect(server);
  }

  protect(server: Server): void {
    // Before anything is read, so before any event that hands out the bare socket.
    for (const event of ['connection', 'secureConnection']) server.prependListener(event, listenForErrors);
    // The framework answers these in a form of its own, and in the middle of the answers before them.
    server.removeAllListeners('clientError');
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.#onClientError(error, socket));
    server.on('connect', (request, socket) => {
      // HTTP/2 has one stream for it, and a response in the socket's place.
      if (request.httpVersionMajor > 1) (socket as unknown as ServerResponse).writeHead(405).end();
      else this.#onConnect(socket);
    });
  }

  /** Remembers the requests of a connection, so that no other answer is put in front or into the middle of theirs. */
  watch(request: OpenRequest): void {
    const { socket } = request.raw;
    // app.inject() brings none, or one that is no connection.
    if (!socket) return;
    const open = this.#open.get(socket) ?? this.#begin(socket);
    open.add(request);
    request.response.once('close', () => open.delete(request));
  }

  #begin(socket: Duplex): Set<OpenRequest> {
    const open = new Set<OpenRequest>();
    this.#open.set(socket, open);
    // It may come from a server that is not protected.
    listenForErrors(socket);
    // Node ends only the first of them once it has handed out the socket.
    socket.once('close', () => {
      for (const { raw, response } of open) {
        raw.destroy();
        response.destroy();
      }
    });
    return open;
  }

  #onConnect(socket: Duplex): void {
    // What the client sends from here on is discarded; read it is, or its reset would go unnoticed.
    socket.resume();
    // Node no longer tells the answer that is being written when there is room for more.
    socket.on('drain', () => {
      const [first] = this.#open.get(socket) ?? [];
      if (first?.response.writableNeedDrain) first.response.emit('drain');
    });
    const refusal = invalid(405, 'CONNECT is not offered.');
    this.#afterAnswers(socket, () => this.#refuse(socket, 'CONNECT', refusal, ALLOW));
  }

  #onClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy(error);
    // Every further chunk is an error again, and has its answer already.
    if (this.#ending.has(socket)) return;
    this.#ending.add(socket);
    const code = error.code ?? '';
    const status = STATUS_OF[code] ?? 400;
    for (const request of this.#open.get(socket) ?? []) {
      if (request.raw.complete) continue;
      return this.#refuseBody(request, invalid(status, `The body of the request cannot be read (${code}).`));
    }
    const refusal = invalid(status, `The connection carries no request that can be read (${code}).`);
    this.#afterAnswers(socket, () => this.#refuse(socket, 'UNKNOWN', refusal));
  }

  /** The head was good: this is the answer to that request, under its id, in its turn. */
  #refuseBody({ response, store }: OpenRequest, error: InternalTokenError): void {
    this.#log(error, store);
    store.span?.fail(error);
    // Destroys the connection as soon as the response has it: the answers in front of it are complete by then.
    if (response.headersSent) response.destroy();
    else sendProblem(response, toProblem(error, store.txn));
  }

  #afterAnswers(socket: Duplex, then: () => void): void {
    const open = this.#open.get(socket);
    if (open === undefined || open.size === 0) return then();
    for (const { response } of open) {
      response.once('close', () => {
        if (open.size > 0) return;
        if (socket.writable) then();
        else socket.destroy();
      });
    }
  }

  #refuse(socket: Duplex, op: string, error: InternalTokenError, fields = ''): void {
    const store: InternalTokenStore = { txn: newTransactionId() };
    const span = (store.span = this.tracer.open({ op, kind: 'server' }, store));
    this.#log(error, store);
    const { status } = error;
    const body = JSON.stringify(toProblem(error, store.txn));
    endLingeringly(
      socket,
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n` +
        `Content-Type: ${PROBLEM_CONTENT_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
        `X-Request-Id: ${store.txn}\r\nCache-Control: no-store\r\n${fields}Connection: close\r\n\r\n${body}`,
    );
    span.fail(error);
    span.end(status);
  }

  /** The line gets a context of its own: the parser, or another request's answer, is what runs here. */
  #log(error: InternalTokenError, store: InternalTokenStore): void {
    enterStore(store, () => this.#logger.warn(`refused: ${error.message}`));
  }
}

/** Once per connection. The error has destroyed it already, and its close is what everything else waits for. */
function listenForErrors(socket: Duplex): void {
  if (socket.listenerCount('error', ignore) === 0) socket.on('error', ignore);
}

function ignore(): void {}

function invalid(status: number, detail: string): InternalTokenError {
  return new InternalTokenError('invalid_request', detail, { status });
}

const ALLOW = 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n';
