import { type Context, type TextMapGetter, type TextMapPropagator, trace, TraceFlags } from '@opentelemetry/api';
import { currentStore, type InternalTokenStore, isVerified, parentOfTrace } from '../nest/index.js';
import { rootsHaveOurIds } from './internal-token-id-generator.js';
import { join, show } from './running-span.js';
import { type NamedSpan, readState } from './trace-state.js';

/**
 * Makes the id of the internal token OpenTelemetry's trace id, in the gateway and in every service. Span ids are not
 * changed. Register it instead of the W3C propagator, and create it once: it also tells this library's outgoing calls
 * which span makes them.
 *
 * ```ts
 * propagation.setGlobalPropagator(new InternalTokenPropagator());
 * ```
 */
export class InternalTokenPropagator implements TextMapPropagator {
  constructor() {
    join();
  }

  /** Writes nothing: calls to internal origins get the trace fields together with the token, all others get none. */
  inject(context: Context): void {
    show(context);
  }

  /**
   * Inside a request the trace is that of the request. A parent is accepted only from a caller whose token is verified,
   * and only within the token's trace (W3C Trace Context: no `tracestate` without a valid `traceparent`). Outside any
   * request nothing is accepted.
   */
  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const store = currentStore();
    if (store === undefined) return context;
    const parent = namedParent(store, carrier, getter) ?? standIn(store);
    if (parent === undefined) return trace.deleteSpan(context);
    return trace.setSpanContext(context, { ...parent, traceId: store.txn, isRemote: true });
  }

  /** Empty; see {@link inject}. */
  fields(): string[] {
    return [];
  }
}

function namedParent(
  { claims, txn }: InternalTokenStore,
  carrier: unknown,
  getter: TextMapGetter,
): NamedSpan | undefined {
  if (!isVerified(claims) || parentOfTrace(getter.get(carrier, 'traceparent'), txn) === undefined) return undefined;
  return readState(getter.get(carrier, 'tracestate'));
}

/** An SDK that generates its own trace ids accepts ours only together with a parent: use our server span. */
function standIn({ span }: InternalTokenStore): NamedSpan | undefined {
  if (rootsHaveOurIds() || span === undefined) return undefined;
  return { spanId: span.spanId, traceFlags: TraceFlags.SAMPLED };
}
