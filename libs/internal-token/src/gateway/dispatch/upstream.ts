import { type Dispatcher, Pool } from 'undici';
import { isRenewableTls, type TlsMaterial, withoutPropagation } from '../../core/index.js';
import type { ResolvedUpstreamOptions } from './upstream.options.js';
import { WaitingLine } from './waiting-line.js';

const CONNECT_TIMEOUT_MS = 5_000;
const PROBE_MS = 100;

/** What says that nobody listens there at the moment. */
const DOWN = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN']);
/** What says that a connection has come to its end. */
const LOST = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** A domain in another process, and the connections to it. */
export class Upstream {
  #pool: Pool;
  /** Waits while the upstream is down. */
  readonly #waiting = new Set<() => boolean>();
  readonly #line: WaitingLine;
  #downSince: number | undefined;
  readonly #forgetTls: () => void;
  #closed = false;
  #probing: NodeJS.Timeout | undefined;

  constructor(
    readonly domain: string,
    readonly origin: string,
    readonly timeoutMs: number,
    private readonly settings: Omit<ResolvedUpstreamOptions, 'origins' | 'timeoutMs'>,
  ) {
    const { tls, maxConnections, maxPending } = settings;
    this.#line = new WaitingLine(maxConnections, maxPending);
    if (!isRenewableTls(tls)) {
      this.#pool = this.#connections(tls);
      this.#forgetTls = () => undefined;
      return;
    }
    this.#pool = this.#connections(tls.current);
    this.#forgetTls = tls.onChange(() => {
      const old = this.#pool;
      this.#pool = this.#connections(tls.current);
      // What runs on the old connections ends well.
      void old.close();
    });
  }

  #connections({ ca, cert, key }: TlsMaterial): Pool {
    return new Pool(this.origin, {
      // One request a connection at a time: a broken answer harms nobody else's.
      pipelining: 1,
      connections: this.settings.maxConnections,
      allowH2: false,
      // An exchange has a clock of its own, which also knows who of the two keeps silent.
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

  /** The largest body in bytes. */
  get maxBytes(): number {
    return this.settings.maxBytes;
  }

  /**
   * Takes a place, which a request has until its end, attempts and restarts of the upstream included.
   * @param go called when there is one
   * @returns gives it up, or leaves the line; undefined if the line is full
   */
  enter(go: () => void): (() => void) | undefined {
    return this.#line.enter(go);
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    // The forwarder has put the request's token on it already.
    withoutPropagation(() => this.#pool.dispatch(options, handler));
  }

  /** A connection was there. */
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
   * Waits for an upstream that is down, for as long as a restart takes, counted from when it was first found so. While
   * it stays down after that, nobody waits.
   * @param again makes another attempt; false if nobody is interested any more
   * @returns false if it is not worth waiting
   */
  waitForIt(again: () => boolean): boolean {
    this.#downSince ??= performance.now();
    if (this.#closed || performance.now() - this.#downSince >= this.settings.restartMs) {
      this.#releaseAll();
      return false;
    }
    this.#waiting.add(again);
    this.#probing ??= setTimeout(() => this.#probe(), PROBE_MS);
    return true;
  }

  /** Whoever waits for it has left. */
  stopWaiting(again: () => boolean): void {
    this.#waiting.delete(again);
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#forgetTls();
    this.#releaseAll();
    await this.#pool.destroy();
  }

  /** One goes ahead: a thousand that knock at once help nobody who is starting. */
  #probe(): void {
    this.#probing = undefined;
    for (const again of this.#waiting) {
      this.#waiting.delete(again);
      if (again()) break;
    }
    if (this.#waiting.size > 0) this.#probing = setTimeout(() => this.#probe(), PROBE_MS);
  }

  #releaseAll(): void {
    clearTimeout(this.#probing);
    this.#probing = undefined;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const again of waiting) again();
  }
}

export function codeOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : error.name;
}
