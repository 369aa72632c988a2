import { type Context, type TextMapGetter, type TextMapPropagator, trace, TraceFlags } from '@opentelemetry/api';
import { currentStore, type InternalTokenStore, isVerified, parentOfTrace } from '../nest/index.js';
import { rootsHaveOurIds } from './internal-token-id-generator.js';
import { join, show } from './running-span.js';
import { type NamedSpan, readState } from './trace-state.js';

/**
 * Makes OpenTelemetry's trace id the internal token's id, in the gateway and in every service. Its span ids stay its
 * own. Give it to the SDK in place of the W3C propagator, and create it once: it also tells this library's outgoing
 * calls which span makes them.
 *
 * ```ts
 * propagation.setGlobalPropagator(new InternalTokenPropagator());
 * ```
 */
export class InternalTokenPropagator implements TextMapPropagator {
  constructor() {
    join();
  }

  /** Writes nothing: calls to internal origins get their fields where they get the token, and others get none. */
  inject(context: Context): void {
    show(context);
  }

  /**
   * Inside of a request the trace is the request's. A parent is believed of a caller whose token is verified, and only
   * within the token's trace (W3C Trace Context: no `tracestate` without a valid `traceparent`). Outside of any request
   * nothing is believed.
   */
  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const store = currentStore();
    if (store === undefined) return context;
    const parent = namedParent(store, carrier, getter) ?? standIn(store);
    if (parent === undefined) return trace.deleteSpan(context);
    return trace.setSpanContext(context, { ...parent, traceId: store.txn, isRemote: true });
  }

  /** None: see {@link inject}. */
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

/** An SDK that makes up trace ids itself takes ours only together with a parent: our own server span is one. */
function standIn({ span }: InternalTokenStore): NamedSpan | undefined {
  if (rootsHaveOurIds() || span === undefined) return undefined;
  return { spanId: span.spanId, traceFlags: TraceFlags.SAMPLED };
}
