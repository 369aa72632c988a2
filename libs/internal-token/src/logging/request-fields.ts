import { currentStore } from '../nest/index.js';
import type { RequestFields } from './log-line.js';

/** The ids of the current request, and the domain whose code is running. Empty outside requests. */
export function currentRequestFields(): RequestFields & { service?: string } {
  const store = currentStore();
  if (store === undefined) return {};
  const { txn, span } = store;
  if (span === undefined) return { txn, trace_id: txn };
  const { spanId: span_id, parentSpanId: parent_span_id, service } = span;
  if (parent_span_id === undefined) return { txn, trace_id: txn, span_id, service };
  return { txn, trace_id: txn, span_id, parent_span_id, service };
}

/**
 * The ids of the current request for other loggers, `{}` outside requests. For pino:
 *
 * ```ts
 * pino({ mixin: internalTokenLogFields, mixinMergeStrategy: (line, ids) => ({ ...line, ...ids }) })
 * ```
 *
 * With this strategy a logged object cannot overwrite the ids; with pino's default it can.
 */
export function internalTokenLogFields(): Record<string, string> {
  return { ...currentRequestFields() };
}
