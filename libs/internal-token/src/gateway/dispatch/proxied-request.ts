import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Dispatcher } from 'undici';
import { announcesBody, InternalTokenError } from '../../core/index.js';
import type { GatewayRequest } from '../gateway-request.js';
import { isCallerChallenge, isTokenChallenge } from './challenges.js';
import { assertLength, isSmall, keepBody, RequestBody, whenBegun } from './request-body.js';
import type { ResponseFields } from './response-fields.js';
import { codeOf, type Upstream } from './upstream.js';

/** How many time-outs a client may leave an answer unread, which occupies a connection to the service. */
const MOST_STALLS = 10;
/** Methods that may be repeated (RFC 9110 section 9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
const MAX_UNSENT = 3;
/** How long a client may keep sending a body that is no longer needed. */
const LINGER_MS = 1_000;

/**
 * Sends one request to an upstream and passes on its answer. Events on one side are passed on to the other: bytes at
 * the pace of the slower side, an abort at once, and an answer that breaks off breaks off for the client too.
 */
export class ProxiedRequest implements Dispatcher.DispatchHandler {
  readonly #raw: IncomingMessage;
  readonly #response: ServerResponse;
  #body: RequestBody | Buffer | null = null;
  #controller: Dispatcher.DispatchController | undefined;
  #clock: NodeJS.Timeout | undefined;
  #stalls = 0;
  /** True if this attempt had a connection, so bytes may have been sent. */
  #sent = false;
  #answered = false;
  #writing = false;
  /** True if the answer may pause: a stream of events. */
  #patient = false;
  #done = false;
  /** True while it waits for its turn at the upstream. */
  #inLine = false;
  #leave: (() => void) | undefined;
  #stopAwaiting: (() => void) | undefined;
  #unsent = 0;
  #repeated = false;
  readonly #again = (): boolean => this.#redispatch();

  /** @param settle called once; without an error if the answer is complete or the client has disconnected */
  constructor(
    private readonly request: Pick<GatewayRequest, 'raw' | 'response' | 'txn'>,
    private readonly upstream: Upstream,
    private readonly fields: string[],
    private readonly responseFields: ResponseFields,
    /** When the internal token expires, in epoch seconds. */
    private readonly tokenEnds: number,
    /** Returns the fields that identify the gateway; called for every attempt, since a proof is valid once. */
    private readonly prove: ((path: string) => readonly string[]) | undefined,
    private readonly settle: (error?: Error) => void,
    /** Runs a call in the active context of another tracing system. */
    private readonly hold: (call: () => void) => void = (call) => call(),
  ) {
    this.#raw = request.raw;
    this.#response = request.response;
  }

  start(): void {
    // The client may have disconnected before this; its close event does not come again.
    if (this.#response.destroyed || this.#raw.socket.destroyed) return this.#onClientClose();
    this.#response.once('close', () => this.#onClientClose());
    try {
      assertLength(this.#raw, this.upstream.maxBytes);
    } catch (error) {
      return this.#refuseBody(error as InternalTokenError);
    }
    this.#clock = setTimeout(() => this.#onSilence(), this.upstream.timeoutMs);
    // Take a place only when the request can be sent at once: a client that withholds its body must not block others.
    if (!announcesBody(this.#raw)) return this.#enterLine();
    if (!IDEMPOTENT.has(this.#raw.method ?? '') || !isSmall(this.#raw)) {
      this.#stopAwaiting = whenBegun(this.#raw, () => this.#enterLine());
      return;
    }
    keepBody(this.#raw).then(
      (body) => {
        this.#body = body;
        this.#enterLine();
      },
      () => this.#onClientClose(),
    );
  }

  #enterLine(): void {
    if (this.#done) return;
    this.#clock?.refresh();
    this.#inLine = true;
    const leave = this.upstream.enter(() => this.#enter());
    if (leave === undefined) return this.#fail(this.#overloaded());
    // Its turn may have come and ended already.
    if (this.#done) leave();
    else this.#leave = leave;
  }

  #enter(): void {
    this.#inLine = false;
    this.#clock?.refresh();
    if (announcesBody(this.#raw) && this.#body === null) this.#dispatchStream();
    else this.#dispatch();
  }

  #dispatchStream(): void {
    const length = this.#raw.headers['content-length'];
    if (length !== undefined && this.#body === null) this.fields.push('content-length', length);
    this.#body = new RequestBody(this.#raw, this.upstream.maxBytes);
    this.#dispatch();
  }

  #dispatch(): void {
    if (this.#done) return;
    this.#sent = false;
    const { method = 'GET', url = '/' } = this.#raw;
    const headers = this.#headers(url);
    if (headers === undefined) return;
    const options = { method, path: url, headers, body: this.#body };
    this.hold(() => this.upstream.dispatch(options as Dispatcher.DispatchOptions, this));
  }

  #headers(url: string): string[] | undefined {
    if (this.prove === undefined) return this.fields;
    try {
      return [...this.fields, ...this.prove(url)];
    } catch (error) {
      this.#fail(error instanceof InternalTokenError ? error : this.#unreachable(error as Error));
      return undefined;
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#sent = true;
    this.upstream.reached();
    if (this.#done) controller.abort(new Error('the answer is no longer needed'));
  }

  onBodySent(): void {
    this.#clock?.refresh();
  }

  onRequestSent(): void {
    this.#clock?.refresh();
  }

  onResponseStarted(): void {
    this.#answered = true;
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // Interim responses (102, 103) are for the gateway.
    if (status < 200 || this.#done) return;
    if (status > 599) {
      this.#fail(this.#unreachable(new Error(`answered with the status ${status}, which HTTP does not have`)));
      return controller.abort(new Error('the answer is not passed on'));
    }
    if (status === 401 && isTokenChallenge(headers['www-authenticate'])) {
      this.#fail(this.#rejected());
      return controller.abort(new Error('the answer is not passed on'));
    }
    if (status >= 400 && isCallerChallenge(headers['www-authenticate'])) {
      this.#fail(new InternalTokenError('upstream_rejected_caller', `${this.upstream.domain} answered ${status}.`));
      return controller.abort(new Error('the answer is not passed on'));
    }
    this.#response.writeHead(status, this.responseFields.of(status, headers, this.request.txn));
    this.#writing = true;
    this.#patient = isEventStream(headers);
    this.#clock?.refresh();
    queueMicrotask(() => {
      // Flush after a microtask: a body that is there at once goes into the same packet as the head.
      if (!this.#done && !this.#response.writableEnded) this.#response.flushHeaders();
    });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#done) return;
    this.#clock?.refresh();
    if (this.#response.write(chunk)) return;
    controller.pause();
    this.#response.once('drain', () => {
      this.#stalls = 0;
      this.#clock?.refresh();
      controller.resume();
    });
  }

  onResponseEnd(): void {
    if (this.#done) return;
    this.#finish();
    this.#response.end();
    if (!this.#raw.complete) this.#linger();
    this.settle();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#done) return;
    if (this.#writing) return this.#breakOff(error);
    if (error instanceof InternalTokenError) return this.#refuseBody(error);
    if (this.#raw.errored || this.#raw.socket.destroyed) return this.#onClientClose();
    if (!this.#tryAgain(error)) this.#fail(this.#unreachable(error));
  }

  /** Starts another attempt, but never delivers a request twice that must not be repeated. False if there is none. */
  #tryAgain(error: Error): boolean {
    if (this.#answered) return false;
    if (this.#sent) {
      const repeatable = IDEMPOTENT.has(this.#raw.method ?? '') && !(this.#body instanceof RequestBody);
      if (!repeatable || this.#repeated || !this.upstream.isLost(error)) return false;
      this.#repeated = true;
      setImmediate(() => this.#dispatch());
      return true;
    }
    // Nothing has been sent, so any request may use another connection.
    if (this.upstream.isLost(error) && ++this.#unsent <= MAX_UNSENT) {
      setImmediate(this.#again);
      return true;
    }
    return this.upstream.isDown(error) && this.upstream.waitForIt(this.#again);
  }

  #redispatch(): boolean {
    if (this.#done) return false;
    if (this.#body instanceof RequestBody && this.#body.destroyed) this.#dispatchStream();
    else this.#dispatch();
    return true;
  }

  #onSilence(): void {
    if (this.#done) return;
    if (this.#raw.socket.destroyed) return this.#onClientClose();
    if (this.#inLine) return this.#fail(this.#overloaded());
    const paused = this.#controller?.paused === true;
    if (paused ? ++this.#stalls < MOST_STALLS : this.#patient) return void this.#clock?.refresh();
    const error = paused
      ? new InternalTokenError('invalid_request', 'The answer was not read.', { status: 408 })
      : this.#clientIsLate()
        ? new InternalTokenError('invalid_request', 'The rest of the body did not arrive in time.', { status: 408 })
        : new InternalTokenError(
            'upstream_timeout',
            `${this.upstream.domain} was silent for ${this.upstream.timeoutMs} ms.`,
          );
    if (this.#writing) this.#breakOff(error);
    else this.#fail(error);
    this.#controller?.abort(error);
  }

  /** True if the client is to blame: part of the body is missing, and the upstream would accept it. */
  #clientIsLate(): boolean {
    if (this.#raw.complete || !announcesBody(this.#raw)) return false;
    return this.#body instanceof RequestBody ? this.#sent && !this.#body.isPaused() : true;
  }

  #onClientClose(): void {
    if (this.#done) return;
    this.#finish();
    this.#controller?.abort(new Error('the client is gone'));
    this.settle();
  }

  /** The client has part of the answer and must not take it for the whole. */
  #breakOff(error: Error): void {
    this.#finish();
    const { socket } = this.#response;
    const old = this.#raw.httpVersionMajor === 1 && this.#raw.httpVersionMinor === 0;
    // In HTTP/1.0 a closed connection ends an answer regularly; a reset does not.
    if (old && socket instanceof Socket && !(socket instanceof TLSSocket)) socket.resetAndDestroy();
    this.#response.destroy();
    this.settle(error instanceof InternalTokenError ? error : this.#unreachable(error));
  }

  /** The rest of the body is not read, so the connection cannot be reused. */
  #refuseBody(error: InternalTokenError): void {
    this.#response.setHeader('Connection', 'close');
    this.#fail(error);
  }

  #fail(error: InternalTokenError): void {
    this.#finish();
    this.settle(error);
  }

  #finish(): void {
    this.#done = true;
    clearTimeout(this.#clock);
    this.#stopAwaiting?.();
    this.upstream.stopWaiting(this.#again);
    this.#leave?.();
  }

  /** The service did not read the whole body: the client gets the whole answer, and some time to stop sending. */
  #linger(): void {
    const { socket } = this.#raw;
    if (this.#body instanceof RequestBody) this.#body.destroy();
    this.#raw.resume();
    this.#response.once('finish', () => {
      setTimeout(() => {
        if (!this.#raw.complete) socket.destroy();
      }, LINGER_MS).unref();
    });
  }

  /** A token that expired while the body was in transit is a time-out, not a rejected token. */
  #rejected(): InternalTokenError {
    const code = this.tokenEnds * 1000 <= Date.now() ? 'upstream_timeout' : 'upstream_rejected_token';
    return new InternalTokenError(code, `${this.upstream.domain} answered 401.`);
  }

  #overloaded(): InternalTokenError {
    return new InternalTokenError('upstream_overloaded', `${this.upstream.domain} has no place for another request.`);
  }

  #unreachable(error: Error): InternalTokenError {
    return new InternalTokenError('upstream_unreachable', `${this.upstream.domain}: ${codeOf(error)}.`, {
      cause: error,
    });
  }
}

function isEventStream({ 'content-type': type }: IncomingHttpHeaders): boolean {
  return type !== undefined && type.startsWith('text/event-stream');
}
