import { Inject, Injectable, Logger } from '@nestjs/common';
import { newTransactionId } from '../core/index.js';
import { RESOLVED_OPTIONS, type ResolvedOptions } from './internal-token.options.js';
import { currentStore, enterStore, replaceStore } from './internal-token.store.js';
import { Span, type SpanRecord, type SpanSpec } from './span.js';

/**
 * Opens spans, the pieces of which a request's time line is made.
 *
 * ```ts
 * return tracer.run({ op: 'inventory.reserve', kind: 'internal', service: 'inventory' }, () => inventory.reserve(input));
 * ```
 */
@Injectable()
export class Tracer {
  private readonly logger = new Logger(Tracer.name);
  private readonly listeners = new Set<(record: SpanRecord) => void>();

  constructor(@Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedOptions, 'service'>) {}

  /**
   * Runs `fn` inside a span and gives what `fn` gives. The span ends when `fn` returns or throws, or when its promise
   * settles. Outside of any request a trace of its own begins.
   */
  run<T>(spec: SpanSpec, fn: () => T): T {
    const surrounding = currentStore();
    const span = this.open(spec, surrounding?.txn ?? newTransactionId());
    const store = { ...(surrounding ?? { txn: span.traceId }), span };
    return (surrounding === undefined ? enterStore : replaceStore)(store, () => settle(span, fn));
  }

  /**
   * A span whose end the caller reports by `span.end()`. It is a child of the running span and does not become the
   * running one by itself.
   */
  open(spec: SpanSpec, traceId = currentStore()?.txn ?? newTransactionId()): Span {
    const parent = currentStore()?.span;
    const service = spec.service ?? parent?.service ?? this.options.service;
    return new Span(traceId, parent?.spanId, { ...spec, service }, (record) => this.publish(record));
  }

  /** Hears of every span that ends. Returns the function that ends the subscription. */
  onEnd(listener: (record: SpanRecord) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private publish(record: SpanRecord): void {
    for (const listener of this.listeners) {
      try {
        listener(record);
      } catch (error) {
        this.logger.error('A listener for ended spans threw', error instanceof Error ? error.stack : String(error));
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
    // A branch of its own: the caller keeps the very promise of `fn`, and handles its rejection.
    if (result instanceof Promise) result.then(() => span.end('ok'), failed);
    else span.end('ok');
    return result;
  } catch (error) {
    failed(error);
    throw error;
  }
}
