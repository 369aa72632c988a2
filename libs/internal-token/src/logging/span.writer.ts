import type { LoggerService } from '@nestjs/common';
import type { Span, SpanRecord, Tracer } from '../nest/index.js';
import { type Clock, preciseNow } from './clock.js';
import { endLine, type IdentityField, openLine, type SpanLine } from './span-line.js';

/** Options of `InternalTokenLoggingModule.forRoot()`. */
export interface InternalTokenLoggingOptions {
  /** Milliseconds after which a span that is still open gets its `inflight` line. Default 1000. */
  readonly inflightAfterMs?: number;
  /** What of the user stands on the end lines of requests: `sub`, `tenant`. Default nothing. */
  readonly identity?: readonly IdentityField[];
  /** The time by which a span is old. Default: the wall clock. */
  readonly clock?: Clock;
}

type SpanSource = Pick<Tracer, 'onStart' | 'onEnd'>;
interface LineSink extends Required<Pick<LoggerService, 'log' | 'warn' | 'error' | 'debug'>> {
  /** Absent where that cannot be told: each line is offered then. */
  isLevelEnabled?(level: 'debug'): boolean;
}

interface OpenSpan {
  readonly span: Span;
  reported: boolean;
}

/** Writes the lines of spans: `start` at debug level, `inflight` once when one stays open, `end`. */
export class SpanWriter {
  readonly #open = new Map<string, OpenSpan>();
  readonly #inflightAfterMs: number;
  readonly #identity: readonly IdentityField[];
  readonly #clock: Clock;
  readonly #unsubscribe: readonly (() => void)[];
  readonly #timer: NodeJS.Timeout;

  constructor(
    tracer: SpanSource,
    private readonly sink: LineSink,
    options: InternalTokenLoggingOptions = {},
  ) {
    this.#inflightAfterMs = options.inflightAfterMs ?? 1_000;
    this.#identity = options.identity ?? [];
    this.#clock = options.clock ?? preciseNow;
    this.#unsubscribe = [tracer.onStart((span) => this.#started(span)), tracer.onEnd((record) => this.#ended(record))];
    this.#timer = setInterval(() => this.reportOpenSpans(), this.#inflightAfterMs).unref();
  }

  /** Writes an `inflight` line for every span that has been open for long and has none yet. The timer calls it. */
  reportOpenSpans(): void {
    const now = this.#clock();
    // In the order of their starts: the first young one ends the search.
    for (const entry of this.#open.values()) {
      const age = now - entry.span.startedAt;
      if (age < this.#inflightAfterMs) return;
      if (entry.reported) continue;
      entry.reported = true;
      this.#write(openLine('inflight', entry.span, age));
    }
  }

  close(): void {
    clearInterval(this.#timer);
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#open.clear();
  }

  #started(span: Span): void {
    this.#open.set(span.spanId, { span, reported: false });
    // Twice the lines, which production never writes: not even made there.
    if (this.sink.isLevelEnabled?.('debug') === false) return;
    // A request learns its id from its token, which is verified in this very turn: the line waits for it.
    if (span.kind === 'server') queueMicrotask(() => this.#write(openLine('start', span)));
    else this.#write(openLine('start', span));
  }

  #ended(record: SpanRecord): void {
    this.#open.delete(record.spanId);
    this.#write(endLine(record, this.#identity));
  }

  #write(line: SpanLine): void {
    if (line.level === 'error') this.sink.error(line);
    else if (line.level === 'warn') this.sink.warn(line);
    else if (line.level === 'debug') this.sink.debug(line);
    else this.sink.log(line);
  }
}
