import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type ClsStore, ClsServiceManager } from 'nestjs-cls';
import { InternalTokenError, newTransactionId, PROBLEM_CONTENT_TYPE, sendProblem, toProblem } from '../core/index.js';
import type { InternalTokenStore } from '../nest/index.js';

/** Node's parser and time-out errors that have a status of their own. */
const STATUS_OF: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** How long a refused connection may take to read why. */
const LINGER_MS = 2_000;

/**
 * Answers what never becomes a request (bytes that are no HTTP, oversized fields, `CONNECT`, unknown expectations)
 * with a problem body and an id that is in the log, and closes the connection.
 */
@Injectable()
export class ConnectionGuard implements OnModuleInit {
  readonly #logger = new Logger('Edge');
  /** The answers of a connection that are not out yet: several where requests were pipelined. */
  readonly #open = new WeakMap<Duplex, Set<ServerResponse>>();

  constructor(private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    const server = this.host.httpAdapter?.getHttpServer() as (Server & { requireHostHeader?: boolean }) | undefined;
    if (typeof server?.on !== 'function') return;
    // The edge asks for the field itself, and says what is missing.
    server.requireHostHeader = false;
    this.protect(server);
  }

  protect(server: Server): void {
    // Fastify answers these in a form of its own, and two answers on one connection would be one too many.
    server.removeAllListeners('clientError');
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.#onClientError(error, socket));
    server.on('connect', (_request, socket) => this.#refuse(socket, 405, 'CONNECT is not offered.', ALLOW));
    server.on('checkExpectation', (request: IncomingMessage, response) => this.#onExpectation(request, response));
  }

  /** Remembers the answers of a connection, so that no other one is put into the middle of one. */
  watch({ socket }: IncomingMessage, response: ServerResponse): void {
    if (!socket) return;
    let open = this.#open.get(socket);
    if (open === undefined) this.#open.set(socket, (open = new Set()));
    open.add(response);
    response.once('close', () => open.delete(response));
  }

  /** Of pipelined answers one at a time has the socket. */
  #isAnswering(socket: Duplex): boolean {
    for (const response of this.#open.get(socket) ?? []) {
      if (response.socket === socket && response.headersSent) return true;
    }
    return false;
  }

  #onClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
    if (error.code === 'ECONNRESET' || !socket.writable || this.#isAnswering(socket)) {
      socket.destroy(error);
      return;
    }
    const code = error.code ?? '';
    this.#refuse(socket, STATUS_OF[code] ?? 400, `The connection carries no request that can be read (${code}).`);
  }

  #onExpectation(_request: IncomingMessage, response: ServerResponse): void {
    const error = new InternalTokenError('invalid_request', 'The only expectation is 100-continue.', { status: 417 });
    const txn = newTransactionId();
    this.#log(error, txn);
    response.setHeader('X-Request-Id', txn);
    response.setHeader('Connection', 'close');
    sendProblem(response, toProblem(error, txn));
  }

  #refuse(socket: Duplex, status: number, detail: string, fields = ''): void {
    const error = new InternalTokenError('invalid_request', detail, { status });
    const txn = newTransactionId();
    this.#log(error, txn);
    const body = JSON.stringify(toProblem(error, txn));
    // Node has let go of this connection: its errors would end the process, and its time-outs no longer hold.
    socket.on('error', () => socket.destroy());
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n` +
        `Content-Type: ${PROBLEM_CONTENT_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
        `X-Request-Id: ${txn}\r\nCache-Control: no-store\r\n${fields}Connection: close\r\n\r\n${body}`,
    );
  }

  #log(error: InternalTokenError, txn: string): void {
    // No request, hence no context: the line gets one of its own, so that it carries the id the caller was told.
    ClsServiceManager.getClsService<{ internalToken: InternalTokenStore } & ClsStore>().runWith(
      { internalToken: { txn } },
      () => this.#logger.warn(`refused: ${error.message}`),
    );
  }
}

const ALLOW = 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n';
