import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  InternalTokenError,
  newTransactionId,
  PROBLEM_CONTENT_TYPE,
  sendProblem,
  toProblem,
} from '../../core/index.js';
import { enterStore, type InternalTokenStore } from '../context/internal-token-store.js';
import type { RequestRecord } from '../context/request-record.js';
import { endLingeringly } from './end-lingeringly.js';
import { listenForErrors } from './listen-for-errors.js';
import { OpenRequests } from './open-requests.js';
import { Tracer } from '../tracing/tracer.js';

/** Node's parser and time-out errors that have a status of their own. */
const STATUS_OF: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

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
  /** Connections from which nothing is read any more. */
  readonly #ending = new WeakSet<Duplex>();

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly tracer: Tracer,
    private readonly open: OpenRequests,
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

  #onConnect(socket: Duplex): void {
    // What the client sends from here on is discarded; read it is, or its reset would go unnoticed.
    socket.resume();
    // Node no longer tells the answer that is being written when there is room for more.
    socket.on('drain', () => {
      const [first] = this.open.of(socket);
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
    for (const request of this.open.of(socket)) {
      if (request.raw.complete) continue;
      return this.#refuseBody(request, invalid(status, `The body of the request cannot be read (${code}).`));
    }
    const refusal = invalid(status, `The connection carries no request that can be read (${code}).`);
    this.#afterAnswers(socket, () => this.#refuse(socket, 'UNKNOWN', refusal));
  }

  /** The head was good: this is the answer to that request, under its id, in its turn. */
  #refuseBody(request: RequestRecord, error: InternalTokenError): void {
    const { response, span, txn } = request;
    this.#log(error, request);
    span?.fail(error);
    // Destroys the connection as soon as the response has it: the answers in front of it are complete by then.
    if (response.headersSent) response.destroy();
    else sendProblem(response, toProblem(error, txn));
  }

  #afterAnswers(socket: Duplex, then: () => void): void {
    const open = this.open.of(socket);
    if (open.size === 0) return then();
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

function invalid(status: number, detail: string): InternalTokenError {
  return new InternalTokenError('invalid_request', detail, { status });
}

const ALLOW = 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n';
