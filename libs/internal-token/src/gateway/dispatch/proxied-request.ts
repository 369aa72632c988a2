import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { announcesBody, InternalTokenError } from '../../core/index.js';
import type { GatewayRequest } from '../gateway-request.js';
import { isCallerChallenge, isTokenChallenge } from './challenges.js';
import { ProxiedResponse } from './proxied-response.js';
import { assertLength, hasArrived, isSmall, keepBody, RequestBody, whenBegun } from './request-body.js';
import type { ResponseFields } from './response-fields.js';
import { codeOf, type Upstream, type UpstreamRequest } from './upstream.js';

/** How many time-outs a client may leave an answer unread, which occupies a connection to the service. */
const MOST_STALLS = 10;
/** Methods that may be repeated (RFC 9110 section 9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
const MAX_UNSENT = 3;

/** How clients are answered, the same for all requests. */
export interface Answering {
  readonly responseFields: ResponseFields;
  /** Answers the request, or notes why an answer was broken off. */
  refuse(request: GatewayRequest, error: InternalTokenError): void;
}

/**
 * Sends one request to an upstream and passes on its answer. Events on one side are passed on to the other: bytes at
 * the pace of the slower side, an abort at once, and an answer that breaks off breaks off for the client too.
 */
export class ProxiedRequest implements Dispatcher.DispatchHandler, UpstreamRequest {
  activeAt = 0;
  readonly #raw: GatewayRequest['raw'];
  readonly #response: GatewayRequest['response'];
  readonly #answer: ProxiedResponse;
  #body: RequestBody | Buffer | null = null;
  #controller: Dispatcher.DispatchController | undefined;
  #stalls = 0;
  /** True if this attempt had a connection, so bytes may have been sent. */
  #sent = false;
  #answered = false;
  /** True if the answer may pause: a stream of events. */
  #patient = false;
  #slowed = false;
  #done = false;
  /** True while it waits for its turn at the upstream. */
  #inLine = false;
  #stopAwaiting: (() => void) | undefined;
  #unsent = 0;
  #repeated = false;

  constructor(
    private readonly request: GatewayRequest,
    private readonly upstream: Upstream,
    private readonly fields: string[],
    private readonly answering: Answering,
    /** Returns the fields that identify the gateway; called for every attempt, since a proof is valid once. */
    private readonly prove: ((path: string) => readonly string[]) | undefined,
    /** Runs a call in the active context of another tracing system. */
    private readonly hold: ((call: () => void) => void) | undefined,
  ) {
    this.#raw = request.raw;
    this.#response = request.response;
    this.#answer = new ProxiedResponse(this.#raw, this.#response);
  }

  start(): void {
    // The client may have disconnected before this; its close event does not come again.
    if (this.#response.destroyed || this.#raw.socket.destroyed) return;
    this.#response.on('close', () => this.#onClientClose());
    this.upstream.watch(this);
    if (announcesBody(this.#raw)) this.#awaitBody();
    else this.#enterLine();
  }

  /** Takes a place only when the request can be sent at once: a client that withholds its body must not block others. */
  #awaitBody(): void {
    const raw = this.#raw;
    try {
      assertLength(raw, this.upstream.maxBytes);
    } catch (error) {
      return this.#refuseBody(error as InternalTokenError);
    }
    if (IDEMPOTENT.has(raw.method ?? '') && isSmall(raw)) {
      return keepBody(raw, (body) => {
        this.#body = body;
        this.#onBody();
      });
    }
    this.#stopAwaiting = whenBegun(raw, () => {
      this.#body = hasArrived(raw) ? (raw.read() as Buffer) : this.#stream();
      this.#onBody();
    });
  }

  #onBody(): void {
    this.upstream.touch(this);
    this.#enterLine();
  }

  /** The body, for the client library, which destroys it when an attempt fails. */
  #stream(): RequestBody {
    return new RequestBody(this.#raw, this.upstream.maxBytes);
  }

  #enterLine(): void {
    if (this.#done) return;
    this.#inLine = true;
    if (!this.upstream.enter(this)) this.#fail(this.#error('upstream_overloaded', 'has no place for another request'));
  }

  onPlace(): void {
    this.#inLine = false;
    const { 'content-length': length } = this.#raw.headers;
    if (length !== undefined && this.#body instanceof RequestBody) this.fields.push('content-length', length);
    this.#dispatch();
  }

  /** Makes another attempt; returns false if the request no longer needs one. */
  retry(): boolean {
    if (this.#done) return false;
    if (this.#body instanceof RequestBody && this.#body.destroyed) this.#body = this.#stream();
    this.#dispatch();
    return true;
  }

  #dispatch(): void {
    if (this.#done) return;
    this.#sent = false;
    this.upstream.touch(this);
    const { method = 'GET', url = '/' } = this.#raw;
    const headers = this.#headers(url);
    if (headers === undefined) return;
    const options = { method, path: url, headers, body: this.#body } as Dispatcher.DispatchOptions;
    if (this.hold === undefined) this.upstream.dispatch(options, this);
    else this.hold(() => this.upstream.dispatch(options, this));
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
    this.upstream.touch(this);
  }

  onRequestSent(): void {
    this.upstream.touch(this);
  }

  onResponseStarted(): void {
    this.#answered = true;
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // Interim responses (102, 103) are for the gateway.
    if (status < 200 || this.#done) return;
    const error = this.#refusalIn(status, headers['www-authenticate']);
    if (error !== undefined) {
      this.#fail(error);
      return controller.abort(new Error('the answer is not passed on'));
    }
    this.#patient = headers['content-type']?.startsWith('text/event-stream') === true;
    this.upstream.touch(this);
    this.#answer.begin(status, this.answering.responseFields.of(status, headers, this.request.txn));
  }

  /** Why the answer is not for the client, if it is not. */
  #refusalIn(status: number, challenge: string | string[] | undefined): InternalTokenError | undefined {
    if (status < 400) return undefined;
    if (status > 599) {
      return this.#unreachable(new Error(`answered with the status ${status}, which HTTP does not have`));
    }
    if (challenge === undefined) return undefined;
    if (status === 401 && isTokenChallenge(challenge)) {
      // A token that expired while the body was in transit is a time-out, not a rejected token.
      const expired = (this.request.claims?.expiresAt ?? Infinity) * 1000 <= Date.now();
      return this.#error(expired ? 'upstream_timeout' : 'upstream_rejected_token', 'answered 401');
    }
    return isCallerChallenge(challenge) ? this.#error('upstream_rejected_caller', `answered ${status}`) : undefined;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#done) return;
    this.upstream.touch(this);
    if (this.#answer.write(chunk)) return;
    controller.pause();
    if (this.#slowed) return;
    this.#slowed = true;
    this.#response.on('drain', () => {
      this.#stalls = 0;
      this.upstream.touch(this);
      controller.resume();
    });
  }

  onResponseEnd(): void {
    if (this.#done) return;
    this.#finish();
    if (this.#body instanceof RequestBody) this.#body.discard();
    this.#answer.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#done) return;
    if (this.#answer.begun) return this.#breakOff(error);
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
      setImmediate(() => this.retry());
      return true;
    }
    // Nothing has been sent, so any request may use another connection.
    if (this.upstream.isLost(error) && ++this.#unsent <= MAX_UNSENT) {
      setImmediate(() => this.retry());
      return true;
    }
    return this.upstream.isDown(error) && this.upstream.waitForIt(this);
  }

  onIdle(): void {
    if (this.#raw.socket.destroyed) return this.#onClientClose();
    if (this.#inLine) return this.#fail(this.#error('upstream_overloaded', 'has no place for another request'));
    const { unread } = this.#answer;
    if (unread ? ++this.#stalls < MOST_STALLS : this.#patient) return this.upstream.touch(this);
    const error = unread
      ? lateClient('The answer was not read.')
      : this.#clientIsLate()
        ? lateClient('The rest of the body did not arrive in time.')
        : this.#error('upstream_timeout', `was silent for ${this.upstream.timeoutMs} ms`);
    if (this.#answer.begun) this.#breakOff(error);
    else this.#fail(error);
    this.#controller?.abort(error);
  }

  /** True if the client is to blame: part of the body is missing, and the upstream would accept it. */
  #clientIsLate(): boolean {
    if (this.#raw.complete || !announcesBody(this.#raw)) return false;
    return this.#body instanceof RequestBody ? this.#sent && !this.#raw.isPaused() : true;
  }

  #onClientClose(): void {
    if (this.#done) return;
    this.#finish();
    this.#controller?.abort(new Error('the client is gone'));
  }

  #breakOff(error: Error): void {
    this.#finish();
    this.#answer.breakOff();
    this.answering.refuse(this.request, error instanceof InternalTokenError ? error : this.#unreachable(error));
  }

  /** The rest of the body is not read, so the connection cannot be reused. */
  #refuseBody(error: InternalTokenError): void {
    this.#response.setHeader('Connection', 'close');
    this.#fail(error);
  }

  #fail(error: InternalTokenError): void {
    this.#finish();
    this.answering.refuse(this.request, error);
  }

  #finish(): void {
    this.#done = true;
    this.#stopAwaiting?.();
    this.upstream.leave(this);
  }

  #error(code: ConstructorParameters<typeof InternalTokenError>[0], what: string, cause?: Error): InternalTokenError {
    return new InternalTokenError(code, `${this.upstream.domain} ${what}.`, cause && { cause });
  }

  #unreachable(error: Error): InternalTokenError {
    return new InternalTokenError('upstream_unreachable', `${this.upstream.domain}: ${codeOf(error)}.`, {
      cause: error,
    });
  }
}

function lateClient(message: string): InternalTokenError {
  return new InternalTokenError('invalid_request', message, { status: 408 });
}
