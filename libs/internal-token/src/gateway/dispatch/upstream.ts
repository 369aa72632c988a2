import { type Dispatcher, Pool } from 'undici';
import { isRenewableTls, type TlsMaterial, withoutPropagation } from '../../core/index.js';
import type { ResolvedUpstreamOptions } from './forwarding.options.js';
import { IdleWatch, type Watched } from './idle-watch.js';
import { type Waiting, WaitingLine } from './waiting-line.js';

const CONNECT_TIMEOUT_MS = 5_000;
const PROBE_MS = 100;

/** Errors that mean that the upstream does not accept connections at the moment. */
const DOWN = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN']);
/** Errors that mean that a connection was lost. */
const LOST = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** A request on its way to an upstream. */
export interface UpstreamRequest extends Waiting, Watched {
  /** Makes another attempt; returns false if the request no longer needs one. */
  retry(): boolean;
}

/** A domain in another process, and the connections to it. */
export class Upstream {
  #pool: Pool;
  /** Requests that wait while the upstream is down. */
  readonly #waiting = new Set<UpstreamRequest>();
  readonly #line: WaitingLine;
  readonly #idle: IdleWatch;
  #downSince: number | undefined;
  readonly #forgetTls: () => void;
  #closed = false;
  #probing: NodeJS.Timeout | undefined;

  constructor(
    readonly domain: string,
    readonly timeoutMs: number,
    /** The largest body in bytes. */
    readonly maxBytes: number,
    private readonly settings: Omit<ResolvedUpstreamOptions, 'timeoutMs'>,
  ) {
    const { tls, maxConnections, maxPending } = settings;
    this.#line = new WaitingLine(maxConnections, maxPending);
    this.#idle = new IdleWatch(timeoutMs);
    if (!isRenewableTls(tls)) {
      this.#pool = this.#connections(tls);
      this.#forgetTls = () => undefined;
      return;
    }
    this.#pool = this.#connections(tls.current);
    this.#forgetTls = tls.onChange(() => {
      const old = this.#pool;
      this.#pool = this.#connections(tls.current);
      // Requests on the old connections are completed.
      void old.close();
    });
  }

  #connections({ ca, cert, key }: TlsMaterial): Pool {
    return new Pool(this.origin, {
      // One request per connection at a time, so that a broken answer affects no other.
      pipelining: 1,
      connections: this.settings.maxConnections,
      allowH2: false,
      // ProxiedRequest has its own time-out, which also knows which side is silent.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: {
        timeout: Math.min(CONNECT_TIMEOUT_MS, this.timeoutMs),
        ...(ca !== undefined && { ca: typeof ca === 'string' || Buffer.isBuffer(ca) ? ca : [...ca] }),
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
      },
    });
  }

  get origin(): string {
    return this.settings.origin;
  }

  /** From here on, the request must not be idle for longer than the time-out. */
  watch(request: UpstreamRequest): void {
    this.#idle.add(request);
  }

  /** Something happened to the request. */
  touch(request: UpstreamRequest): void {
    this.#idle.touch(request);
  }

  /**
   * Takes a place, which a request keeps until it leaves, through all attempts and restarts of the upstream.
   * @returns false if the line is full
   */
  enter(request: UpstreamRequest): boolean {
    return this.#line.enter(request);
  }

  /** The request has ended, or no longer waits. */
  leave(request: UpstreamRequest): void {
    this.#idle.remove(request);
    this.#waiting.delete(request);
    this.#line.leave(request);
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    // The forwarder has already added the token.
    withoutPropagation(() => this.#pool.dispatch(options, handler));
  }

  /** Records that a connection was established. */
  reached(): void {
    if (this.#downSince === undefined) return;
    this.#downSince = undefined;
    this.#releaseAll();
  }

  isDown(error: Error): boolean {
    return DOWN.has(codeOf(error));
  }

  isLost(error: Error): boolean {
    return LOST.has(codeOf(error));
  }

  /**
   * Waits for an upstream that is down, for `restartMs` from when that was first noticed. If it is still down after
   * that, requests no longer wait.
   * @returns false if the request should not wait
   */
  waitForIt(request: UpstreamRequest): boolean {
    this.#downSince ??= performance.now();
    if (this.#closed || performance.now() - this.#downSince >= this.settings.restartMs) {
      this.#releaseAll();
      return false;
    }
    this.#waiting.add(request);
    this.#probing ??= setTimeout(() => this.#probe(), PROBE_MS);
    return true;
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#forgetTls();
    this.#releaseAll();
    this.#idle.close();
    await this.#pool.destroy();
  }

  /** Lets one request try: a thousand at once would overwhelm an upstream that is starting. */
  #probe(): void {
    this.#probing = undefined;
    for (const request of this.#waiting) {
      this.#waiting.delete(request);
      if (request.retry()) break;
    }
    if (this.#waiting.size > 0) this.#probing = setTimeout(() => this.#probe(), PROBE_MS);
  }

  #releaseAll(): void {
    clearTimeout(this.#probing);
    this.#probing = undefined;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const request of waiting) request.retry();
  }
}

export function codeOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : error.name;
}
