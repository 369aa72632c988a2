import { Inject, Injectable, Logger } from '@nestjs/common';
import { types } from 'node:util';
import { newTransactionId } from '../../core/index.js';
import { RESOLVED_OPTIONS, type ResolvedOptions } from '../internal-token.options.js';
import { childStore, currentStore, type InternalTokenStore, replaceStore } from '../context/internal-token-store.js';
import { Span, type SpanOwner, type SpanRecord, type SpanSpec } from '../context/span.js';

/**
 * Opens spans, which make up the time line of a request.
 *
 * ```ts
 * return tracer.run({ op: 'inventory.reserve', kind: 'internal', service: 'inventory' }, () => inventory.reserve(input));
 * ```
 */
@Injectable()
export class Tracer implements SpanOwner {
  readonly #logger = new Logger(Tracer.name);
  #onStart: readonly ((span: Span) => void)[] = [];
  #onEnd: readonly ((record: SpanRecord) => void)[] = [];

  constructor(@Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedOptions, 'service'>) {}

  /** The span whose code is running; undefined outside of any. */
  get current(): Span | undefined {
    return currentStore()?.span;
  }

  /**
   * Runs `fn` inside a span and returns its result. The span ends when `fn` returns or throws, or when its promise
   * settles. Outside any request a new trace begins.
   *
   * @param fn gets the span, to add details or report a failure
   */
  run<T>(spec: SpanSpec, fn: (span: Span) => T): T {
    const store = childStore(currentStore() ?? { txn: newTransactionId() });
    const span = this.open(spec, store);
    store.span = span;
    return replaceStore(store, () => settle(span, () => fn(span)));
  }

  /**
   * Opens a span that the caller must end by `span.end()`: a child of the store's span. It becomes the current span
   * only if the caller assigns it to `store.span`. Prefer `run()`: a span that is never ended stays in memory, as
   * `inflight`, until 10,000 younger ones are open.
   */
  open(spec: SpanSpec, store: InternalTokenStore = currentStore() ?? { txn: newTransactionId() }): Span {
    const parent = store.span;
    const service = spec.service ?? parent?.service ?? this.options.service;
    const span = new Span(store.txn, parent?.spanId, spec, service, store, this);
    this.#publish(this.#onStart, span);
    return span;
  }

  /** Called by a span of this tracer. */
  ended(span: Span): void {
    this.#publish(this.#onEnd, span);
  }

  /** Calls `listener` for every span that opens. Returns the function that ends the subscription. */
  onStart(listener: (span: Span) => void): () => void {
    this.#onStart = [...this.#onStart, listener];
    return () => void (this.#onStart = this.#onStart.filter((other) => other !== listener));
  }

  /** Calls `listener` for every span that ends. Returns the function that ends the subscription. */
  onEnd(listener: (record: SpanRecord) => void): () => void {
    this.#onEnd = [...this.#onEnd, listener];
    return () => void (this.#onEnd = this.#onEnd.filter((other) => other !== listener));
  }

  #publish<T>(listeners: readonly ((fact: T) => void)[], fact: T): void {
    for (const listener of listeners) {
      try {
        listener(fact);
      } catch (error) {
        this.#logger.error('A span listener threw', error instanceof Error ? error.stack : String(error));
      }
    }
  }
}

function settle<T>(span: Span, fn: () => T): T {
  const failed = (error: unknown) => {
    span.fail(error);
    span.end('error');
  };
  try {
    const result = fn();
    // A separate branch: the caller gets the original promise of `fn` and handles its rejection.
    if (types.isPromise(result)) result.then(() => span.end('ok'), failed);
    else span.end('ok');
    return result;
  } catch (error) {
    failed(error);
    throw error;
  }
}
