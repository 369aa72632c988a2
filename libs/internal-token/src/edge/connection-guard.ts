import { type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type ClsStore, ClsServiceManager } from 'nestjs-cls';
import { InternalTokenError, newTransactionId, PROBLEM_CONTENT_TYPE, sendProblem, toProblem } from '../core/index.js';
import { type AdmissionRequest, type InternalTokenStore, Tracer } from '../nest/index.js';

/** Node's parser and time-out errors that have a status of their own. */
const STATUS_OF: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** How long a refused connection may take to read why. */
const LINGER_MS = 2_000;

/**
 * Answers what never becomes a request (bytes that are no HTTP, oversized fields, `CONNECT`) with a problem body and an
 * id that is in the log, and closes the connection. The answers of the requests before it come first.
 */
@Injectable()
export class ConnectionGuard implements OnModuleInit {
  readonly #logger = new Logger('Edge');
  /** The requests of a connection whose answers are not out yet: several where they were pipelined. */
  readonly #open = new WeakMap<Duplex, Set<AdmissionRequest>>();
  /** Connections from which nothing is read any more. */
  readonly #ending = new WeakSet<Duplex>();

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly tracer: Tracer,
  ) {}

  onModuleInit(): void {
    const server = this.host.httpAdapter?.getHttpServer() as (Server & { requireHostHeader?: boolean }) | undefined;
    if (typeof server?.on !== 'function') return;
    // The edge asks for the field itself, and says what is missing.
    server.requireHostHeader = false;
    // Likewise: a request like any other, whose expectation is looked at with the rest of its head.
    server.on('checkExpectation', (request, response) => server.emit('request', request, response));
    this.protect(server);
  }

  protect(server: Server): void {
    // Fastify answers these in a form of its own, and two answers on one connection would be one too many.
    server.removeAllListeners('clientError');
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.#onClientError(error, socket));
    server.on('connect', (_request, socket) => {
      const refusal = invalid(405, 'CONNECT is not offered.');
      this.#afterAnswers(socket, () => this.#refuse(socket, 'CONNECT', refusal, ALLOW));
    });
  }

  /** Remembers the requests of a connection, so that no other answer is put in front or into the middle of theirs. */
  watch(request: AdmissionRequest): void {
    const { socket } = request.raw;
    if (!socket) return;
    let open = this.#open.get(socket);
    if (open === undefined) this.#open.set(socket, (open = new Set()));
    open.add(request);
    request.response.once('close', () => open.delete(request));
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
  #refuseBody({ response, store }: AdmissionRequest, error: InternalTokenError): void {
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
    // Node has let go of this connection: its errors would end the process, and its time-outs no longer hold.
    socket.on('error', () => socket.destroy());
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n` +
        `Content-Type: ${PROBLEM_CONTENT_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
        `X-Request-Id: ${store.txn}\r\nCache-Control: no-store\r\n${fields}Connection: close\r\n\r\n${body}`,
    );
    span.fail(error);
    span.end(status);
  }

  /** The line gets a context of its own: the parser, or another request's answer, is what runs here. */
  #log(error: InternalTokenError, store: InternalTokenStore): void {
    ClsServiceManager.getClsService<{ internalToken: InternalTokenStore } & ClsStore>().runWith(
      { internalToken: store },
      () => this.#logger.warn(`refused: ${error.message}`),
    );
  }
}

function invalid(status: number, detail: string): InternalTokenError {
  return new InternalTokenError('invalid_request', detail, { status });
}

const ALLOW = 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n';
