import type { ServerResponse } from 'node:http';
import { Capture, type CaptureReport, type Line, RecentRequests, type RequestSummary, type TraceReport } from 'itok';
import { LiveFeed } from './live-feed.js';

/** Milliseconds after the end of a request by which the lines of all processes have usually arrived. */
const SETTLE_MS = 300;
/** Milliseconds without any viewer after which reading stops. */
const IDLE_AFTER_MS = 60_000;

/**
 * Reads existing and new lines until the signal is aborted.
 * Resolves when the existing lines have been read.
 */
export type LineSource = (onLine: (line: Line) => void, signal: AbortSignal) => Promise<void>;

/** The state of the log since a viewer came. */
interface Look {
  readonly requests: RecentRequests;
  readonly caughtUp: Promise<void>;
  readonly end: AbortController;
}

/**
 * The log that the pages show. It is read only while there are viewers; without any, the page costs a gateway in
 * development nothing.
 */
export class LiveLog {
  readonly #feed = new LiveFeed();
  #look: Look | undefined;
  #ended: RequestSummary[] = [];
  #settling: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    private readonly source: LineSource,
    private readonly idleAfterMs = IDLE_AFTER_MS,
  ) {}

  /** Sends the last requests and then each new one. False if there are too many viewers, or during shutdown. */
  follow(response: ServerResponse): boolean {
    if (this.#closed || !this.#feed.open(response)) return false;
    const { requests, caughtUp } = this.#used();
    void caughtUp.then(() => this.#feed.tell(response, 'requests', requests.summaries()));
    return true;
  }

  async report(txn: string): Promise<TraceReport | undefined> {
    const { requests, caughtUp } = this.#used();
    await caughtUp;
    return requests.trace(txn);
  }

  async capture(): Promise<CaptureReport> {
    const { requests, caughtUp } = this.#used();
    await caughtUp;
    const capture = new Capture();
    for (const line of requests) capture.add(line);
    return capture.report();
  }

  close(): void {
    this.#closed = true;
    this.#stop();
    this.#feed.close();
  }

  #used(): Look {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#rest(), this.idleAfterMs).unref();
    return (this.#look ??= this.#begin());
  }

  #begin(): Look {
    const end = new AbortController();
    let live = false;
    const requests = new RecentRequests({
      onRequest: (request) => {
        if (live) this.#tellSoon(request);
      },
    });
    const caughtUp = this.source((line) => requests.add(line), end.signal).then(() => void (live = true));
    return { requests, caughtUp, end };
  }

  #tellSoon(request: RequestSummary): void {
    this.#ended.push(request);
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined;
      for (const ended of this.#ended.splice(0)) this.#feed.tellAll('request', ended);
    }, SETTLE_MS).unref();
  }

  #rest(): void {
    if (this.#feed.clients > 0) this.#used();
    else this.#stop();
  }

  #stop(): void {
    clearTimeout(this.#idle);
    clearTimeout(this.#settling);
    this.#settling = undefined;
    this.#ended = [];
    this.#look?.end.abort();
    this.#look = undefined;
  }
}
