import type * as Axios from 'axios';

/** The codes under which Node's client reports the same failures. */
const NODE_CODES: Readonly<Record<string, string>> = {
  UND_ERR_SOCKET: 'ECONNRESET',
  UND_ERR_CONNECT_TIMEOUT: 'ETIMEDOUT',
};

/** A call as its caller sees it, and the errors that it can fail with: those of axios' own adapter. */
export class AxiosCall {
  constructor(
    private readonly axios: typeof Axios,
    readonly config: Axios.InternalAxiosRequestConfig,
    /** What errors and responses show as the request. */
    readonly request: object,
  ) {}

  /** @param reason given by a CancelToken; a signal gives an event */
  canceled(reason: unknown): Error {
    const { CanceledError } = this.axios;
    return reason instanceof CanceledError ? reason : new CanceledError(undefined, this.config as never, this.request);
  }

  timedOut(): Error {
    const { timeout, timeoutErrorMessage, transitional } = this.config;
    const code = transitional?.clarifyTimeoutError ? 'ETIMEDOUT' : 'ECONNABORTED';
    return this.#error(timeoutErrorMessage || `timeout of ${timeout}ms exceeded`, code);
  }

  requestTooLarge(): Error {
    return this.#error('Request body larger than maxBodyLength limit', 'ERR_BAD_REQUEST');
  }

  responseTooLarge(): Error {
    return this.#error(`maxContentLength size of ${this.config.maxContentLength} exceeded`, 'ERR_BAD_RESPONSE');
  }

  badStatus(response: Axios.AxiosResponse): Error {
    const code = response.status >= 400 && response.status < 500 ? 'ERR_BAD_REQUEST' : 'ERR_BAD_RESPONSE';
    return this.#error(`Request failed with status code ${response.status}`, code, response);
  }

  failed(error: Error & { code?: string }, code = error.code): Error {
    if (error instanceof this.axios.AxiosError) return error;
    if (code === 'UND_ERR_BODY_TIMEOUT') return this.timedOut();
    return this.axios.AxiosError.from(error, NODE_CODES[code ?? ''] ?? code, this.config, this.request);
  }

  #error(message: string, code: string, response?: Axios.AxiosResponse): Error {
    return new this.axios.AxiosError(message, code, this.config, this.request, response);
  }
}
