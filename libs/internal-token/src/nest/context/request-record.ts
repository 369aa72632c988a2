import type { IncomingMessage, ServerResponse } from 'node:http';
import { Given, type InternalTokenError, newTransactionId, type VerifiedClaims } from '../../core/index.js';
import type { Application } from './application.js';
import type { CallerFinding, InternalTokenStore } from './internal-token-store.js';
import type { Span } from './span.js';

/** nginx' status for a client that left before it had an answer. It stands in logs only. */
export const CLIENT_CLOSED_REQUEST = 499;

/**
 * One request on its way through a pipeline, and its context at the same time (`currentStore()`). Its shape is fixed:
 * every field exists from the start, and one step writes it.
 */
export class RequestRecord implements InternalTokenStore {
  /** Fresh; `verify` replaces it by the token's own id. */
  txn = newTransactionId();
  /** The span whose code runs. Request hook: the server span; `dispatch`: the span of the domain inside it. */
  span: Span | undefined = undefined;
  /** Request hook: a WebSocket handshake that cannot be accepted. The pipeline only decides how it is refused. */
  handshake = false;
  /** Request hook: the client waits for `100 Continue` before it sends the body (RFC 9110 section 10.1.1). */
  awaitsContinue = false;
  /** The server's listeners, or tracing agents in their place, have heard of it. */
  announced = false;
  /** Request hook: it was let into the application. */
  entered = false;
  /** `readToken`, `verify`: why there are no claims. */
  refusal: InternalTokenError | undefined = undefined;
  /** `verify` in a service, `mint` in a gateway. */
  claims: VerifiedClaims | undefined = undefined;
  /** `identifyCaller` */
  caller: CallerFinding | undefined = undefined;
  /** That of the application that has mounted this one. */
  outer: RequestRecord | undefined = undefined;
  /** `dispatch`: another process answers. */
  forwarded = false;

  // Private, so that printing a context prints no header field.
  readonly #raw: IncomingMessage;
  readonly #response: ServerResponse;
  #token: string | undefined = undefined;
  #domain: Span | undefined = undefined;

  constructor(
    raw: IncomingMessage,
    response: ServerResponse,
    readonly application: Application,
  ) {
    this.#raw = raw;
    this.#response = response;
  }

  get raw(): IncomingMessage {
    return this.#raw;
  }

  get response(): ServerResponse {
    return this.#response;
  }

  /** `readToken`: the text that came, not verified yet. */
  get token(): string | undefined {
    return this.#token;
  }

  set token(token: string) {
    this.#token = token;
  }

  /** Tells a client that waits for it to send the body. Call it before the body is read. */
  allowBody(): void {
    if (!this.awaitsContinue) return;
    this.awaitsContinue = false;
    this.response.writeContinue();
  }

  /**
   * From here on the code of a domain runs: its lines carry its name, and the time line has the operation that a process
   * of its own would have.
   */
  enterDomain(span: Span): void {
    this.#domain = span;
    this.span = span;
  }

  /** The connection is done with the answer, complete or not. A child ends before its parent. */
  end(server: Span): void {
    const { statusCode, headersSent, writableFinished } = this.#response;
    if (this.#domain !== undefined) {
      // A client may hang up as it likes: no failure of this side.
      if (statusCode < 500 && !writableFinished) this.#domain.fail(connectionClosed());
      // A refusal, as a call across a port reports it.
      else if (statusCode >= 400 && statusCode < 500) this.#domain.fail(refused(statusCode));
      this.#domain.end(statusCode >= 400 || !writableFinished ? 'error' : 'ok');
    }
    if (!writableFinished) server.fail(connectionClosed());
    // Until its head is sent, a response says 200.
    server.end(headersSent ? statusCode : CLIENT_CLOSED_REQUEST);
  }
}

/**
 * Joins a request of Node's and its record by a private field, which nothing outside of this class can see. A WeakMap
 * does the same, but its entries make each collection of garbage dearer.
 */
class Recorded extends Given {
  #record: RequestRecord;

  constructor(raw: IncomingMessage, record: RequestRecord) {
    super(raw);
    this.#record = record;
  }

  static keep(raw: IncomingMessage, record: RequestRecord): void {
    if (!(#record in raw)) return void new Recorded(raw, record);
    const recorded = raw as Recorded;
    record.outer = recorded.#record;
    recorded.#record = record;
  }

  static recordOf(raw: IncomingMessage, application: Application): RequestRecord | undefined {
    if (!(#record in raw)) return undefined;
    let record: RequestRecord | undefined = (raw as Recorded).#record;
    while (record !== undefined && record.application !== application) record = record.outer;
    return record;
  }
}

/** The record that an application has made for a request; undefined if it never came through the application's hook. */
export function recordOf(raw: IncomingMessage, application: Application): RequestRecord | undefined {
  return Recorded.recordOf(raw, application);
}

/** Makes a record the one of its request. */
export function keepRecord(record: RequestRecord): void {
  Recorded.keep(record.raw, record);
}

/** Counts only where nothing else was thrown before. */
function connectionClosed(): Error {
  const error = new Error('The connection closed before the answer was complete');
  return Object.assign(error, { status: CLIENT_CLOSED_REQUEST });
}

/** Counts where a handler has answered so without throwing anything. */
function refused(status: number): Error {
  return Object.assign(new Error(`Answered with ${status}`), { status });
}
