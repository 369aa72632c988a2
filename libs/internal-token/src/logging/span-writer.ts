import type { LoggerService } from '@nestjs/common';
import type { Span, SpanRecord, Tracer } from '../nest/index.js';
import { type Clock, monotonicNow, roundToMicroseconds, toWallClock } from './clock.js';
import { SpanLineBuffer, type SpanLineBufferLimits, type LineMaker, RequestPart } from './span-line-buffer.js';
import type { Kept } from './log-line.js';
import type { InternalTokenLoggingOptions } from './internal-token-logging.options.js';
import { Sampling } from './sampling.js';
import { endLine, type IdentityField, missingLine, openLine, type SpanLine } from './span-line.js';

type SpanSource = Pick<Tracer, 'onStart' | 'onEnd'>;
interface LineSink extends Required<Pick<LoggerService, 'log' | 'warn' | 'error' | 'debug'>> {
  /** Absent if the logger cannot tell; then every line is offered to it. */
  isLevelEnabled?(level: 'debug'): boolean;
}

interface SpanWriterLimits extends SpanLineBufferLimits {
  /** The maximum number of open spans; beyond it the oldest is forgotten. Default 10,000. */
  readonly openSpans?: number;
}

interface OpenSpan {
  readonly span: Span;
  /** Only with sampling. */
  readonly part: RequestPart | undefined;
  reported: boolean;
}

/**
 * Writes the lines of spans: `start` at debug level, `inflight` once if a span stays open for long, and `end`. If
 * sampling leaves a request out, its lines are held back until all of its spans in this process have ended, and then
 * dropped unless one of the spans failed or was slow.
 */
export class SpanWriter {
  readonly #open = new Map<string, OpenSpan>();
  /** The parts of forgotten spans, which may still end and fail; as many as open spans. */
  readonly #forgotten = new Map<string, RequestPart>();
  readonly #mostOpen: number;
  readonly #inflightAfterMs: number;
  readonly #identity: readonly IdentityField[];
  readonly #sampling: Sampling | undefined;
  readonly #held: SpanLineBuffer;
  readonly #quietRoutes: ReadonlySet<string>;
  readonly #now: Clock;
  readonly #toWallClock: (moment: number) => number;
  readonly #unsubscribe: readonly (() => void)[];
  readonly #timer: NodeJS.Timeout;

  constructor(
    tracer: SpanSource,
    private readonly sink: LineSink,
    options: InternalTokenLoggingOptions = {},
    { openSpans = 10_000, ...limits }: SpanWriterLimits = {},
  ) {
    this.#mostOpen = openSpans;
    this.#inflightAfterMs = options.inflightAfterMs ?? 1_000;
    this.#identity = options.identity ?? [];
    this.#sampling = options.sampling && new Sampling(options.sampling);
    this.#held = new SpanLineBuffer(limits);
    this.#quietRoutes = new Set(options.quietRoutes);
    this.#now = options.clock ?? monotonicNow;
    this.#toWallClock = options.clock === undefined ? toWallClock : roundToMicroseconds;
    this.#unsubscribe = [tracer.onStart((span) => this.#started(span)), tracer.onEnd((record) => this.#ended(record))];
    this.#timer = setInterval(() => this.reportOpenSpans(), this.#inflightAfterMs).unref();
  }

  /** The number of lines that sampling holds back at present. */
  get heldLines(): number {
    return this.#held.size;
  }

  /** The open spans, the oldest first. */
  *openSpans(): Generator<Span> {
    for (const { span } of this.#open.values()) yield span;
  }

  /** Writes an `inflight` line for every span that has been open for long and has none yet. Called by a timer. */
  reportOpenSpans(): void {
    const now = this.#now();
    // Spans are in the order of their starts, so the first young one ends the search.
    for (const entry of this.#open.values()) {
      const { span, part } = entry;
      const age = now - span.startedAt;
      if (age < this.#inflightAfterMs) return;
      if (entry.reported || span.joining !== undefined) continue;
      const left = this.#leavesOut(span.traceId) ? part : undefined;
      if (left !== undefined && left.kept === undefined) {
        if (age < (this.#sampling?.slowMs ?? 0)) continue;
        this.#keep(left, 'slow', span);
      }
      entry.reported = true;
      this.#write(openLine('inflight', span, this.#toWallClock(now), age), left?.kept);
    }
  }

  close(): void {
    clearInterval(this.#timer);
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    for (const { part } of this.#open.values()) if (part !== undefined) this.#held.take(part);
    this.#open.clear();
    this.#forgotten.clear();
  }

  #started(span: Span): void {
    const part = this.#sampling && this.#partOf(span);
    if (this.#open.size >= this.#mostOpen) this.#forgetOldest();
    this.#open.set(span.spanId, { span, part, reported: false });
    // In production these lines are not written, so do not create them.
    if (this.sink.isLevelEnabled?.('debug') !== false) this.#offerStart(span, part);
  }

  /** The part of the request that the span belongs to; it has one more open span. */
  #partOf({ parentSpanId }: Span): RequestPart {
    const surrounding = parentSpanId === undefined ? undefined : this.#open.get(parentSpanId);
    const part = surrounding?.part ?? new RequestPart();
    part.open++;
    return part;
  }

  #offerStart(span: Span, part: RequestPart | undefined): void {
    const offer = () =>
      this.#offer(span.traceId, part, () => openLine('start', span, this.#toWallClock(span.startedAt)));
    if (span.kind === 'server') queueMicrotask(() => this.#onceKnown(span, offer));
    else offer();
  }

  /** Usually a span that is never ended. It has its `inflight` line, and still gets an `end` line if it ends. */
  #forgetOldest(): void {
    const [oldest] = this.#open;
    if (oldest === undefined) return;
    const [spanId, { part }] = oldest;
    this.#open.delete(spanId);
    if (part === undefined) return;
    part.open--;
    this.#letGo(part);
    this.#forgotten.set(spanId, part);
    if (this.#forgotten.size > this.#mostOpen) this.#forgotten.delete(this.#forgotten.keys().next().value ?? '');
  }

  /** Drops the lines of a part without open spans. They count as missing, in case a forgotten span still fails. */
  #letGo(part: RequestPart): void {
    if (part.open <= 0) part.missing += this.#held.take(part).length;
  }

  /** A request gets its id from its token, usually in the turn of its arrival, so its start line waits for that. */
  #onceKnown(span: Span, offer: () => void): void {
    if (span.joining === undefined) return offer();
    void span.joining.then(() => {
      // A span that has ended in the meantime has only its end line, under its first id.
      if (this.#open.has(span.spanId)) offer();
    });
  }

  #ended(record: SpanRecord): void {
    // Not the time of writing, which may be later: readers compute the start from the end and the duration.
    const time = this.#toWallClock(record.startedAt + record.durationMs);
    if (this.#sampling !== undefined) return this.#endedInPart(record, time, this.#sampling);
    this.#open.delete(record.spanId);
    this.#write(endLine(record, this.#identity, time, this.#quietRoutes));
  }

  #endedInPart(record: SpanRecord, time: number, sampling: Sampling): void {
    const open = this.#open.get(record.spanId)?.part;
    const part = open ?? this.#forgotten.get(record.spanId) ?? new RequestPart();
    this.#open.delete(record.spanId);
    this.#forgotten.delete(record.spanId);
    if (open !== undefined) part.open--;
    if (!sampling.includes(record.traceId)) {
      const reason = part.kept ?? sampling.reasonToKeep(record);
      if (reason !== undefined) this.#keep(part, reason, record);
    }
    this.#offer(record.traceId, part, () => endLine(record, this.#identity, time, this.#quietRoutes));
    this.#letGo(part);
  }

  #leavesOut(traceId: string): boolean {
    return this.#sampling !== undefined && !this.#sampling.includes(traceId);
  }

  #offer(traceId: string, part: RequestPart | undefined, line: LineMaker): void {
    if (part === undefined || !this.#leavesOut(traceId)) this.#write(line());
    else if (part.kept !== undefined) this.#write(line(), part.kept);
    else this.#held.hold(part, line);
  }

  /** From now on writes the lines of this request, beginning with those that were held back. */
  #keep(part: RequestPart, reason: Kept, where: Span | SpanRecord): void {
    part.kept = reason;
    for (const line of this.#held.take(part)) this.#write(line(), reason);
    if (part.missing > 0) this.#write(missingLine(where, part.missing));
    part.missing = 0;
  }

  #write(line: SpanLine, kept?: Kept): void {
    if (kept !== undefined) line.fields.kept = kept;
    if (line.level === 'error') this.sink.error(line);
    else if (line.level === 'warn') this.sink.warn(line);
    else if (line.level === 'debug') this.sink.debug(line);
    else this.sink.log(line);
  }
}
