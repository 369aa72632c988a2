import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { AxiosCall } from './axios-call.js';
import type { PlainCall } from './plain-call.js';

/** What arrived, as it arrived. */
export interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

type Controller = Dispatcher.DispatchController;

/** Makes a request and collects its answer, until it is canceled, times out or becomes too long. */
export function undiciExchange(pool: Dispatcher, call: AxiosCall, { url, method, fields, body }: PlainCall) {
  return new Promise<Answer>((resolve, reject) => {
    const exchange = new Exchange(call, resolve, reject);
    if (exchange.isOver) return;
    pool.dispatch(
      {
        path: url.pathname + url.search,
        method: method as Dispatcher.HttpMethod,
        headers: fields as string[],
        body,
        bodyTimeout: call.config.timeout ?? 0,
      },
      exchange,
    );
  });
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #call: AxiosCall;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: Error) => void;
  readonly #limit: number;
  #timer: NodeJS.Timeout | undefined;
  #cancel: ((reason?: unknown) => void) | undefined;
  #controller: Controller | undefined;
  #error: Error | undefined;
  #isOver = false;
  #status = 0;
  #statusText = '';
  #headers: IncomingHttpHeaders = {};
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(call: AxiosCall, resolve: (answer: Answer) => void, reject: (error: Error) => void) {
    this.#call = call;
    this.#resolve = resolve;
    this.#reject = reject;
    const { timeout = 0, maxContentLength = -1, cancelToken, signal } = call.config;
    this.#limit = maxContentLength > -1 ? maxContentLength : Infinity;
    if (timeout > 0) this.#timer = setTimeout(() => this.#fail(call.timedOut()), timeout);
    if (cancelToken === undefined && signal === undefined) return;
    this.#cancel = (reason) => this.#fail(call.canceled(reason));
    cancelToken?.subscribe(this.#cancel);
    signal?.addEventListener?.('abort', this.#cancel);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  onRequestStart(controller: Controller): void {
    if (this.#error === undefined) this.#controller = controller;
    else controller.abort(this.#error);
  }

  onResponseStart(_controller: Controller, status: number, headers: IncomingHttpHeaders, statusText = ''): void {
    if (status < 200) return;
    // From now on the time-out is that between two parts of the body.
    clearTimeout(this.#timer);
    this.#status = status;
    this.#headers = headers;
    this.#statusText = statusText;
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#limit) this.#fail(this.#call.responseTooLarge());
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (!this.#end()) return;
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks, this.#bytes);
    this.#resolve({ status: this.#status, statusText: this.#statusText, headers: this.#headers, body });
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#fail(this.#call.failed(error));
  }

  #fail(error: Error): void {
    if (!this.#end()) return;
    this.#error = error;
    this.#reject(error);
    this.#controller?.abort(error);
  }

  /** @returns false if it has ended before */
  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    clearTimeout(this.#timer);
    if (this.#cancel === undefined) return true;
    const { cancelToken, signal } = this.#call.config;
    cancelToken?.unsubscribe(this.#cancel);
    signal?.removeEventListener?.('abort', this.#cancel);
    return true;
  }
}
