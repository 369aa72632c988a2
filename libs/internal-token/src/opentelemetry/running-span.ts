import { subscribe } from 'node:diagnostics_channel';
import {
  type Context,
  context,
  createContextKey,
  isSpanContextValid,
  ROOT_CONTEXT,
  type SpanContext,
  trace,
} from '@opentelemetry/api';
import { type TracingBridge, joinTracingBridge } from '../nest/index.js';
import { writeState } from './trace-state.js';

/** The trace of a call that is made outside the context of its request. */
const HELD = createContextKey('nestjs-internal-token: held trace');

/** The client span of the call that is being made, which instrumentation passes to {@link show}. */
let shown: SpanContext | undefined;

/** Remembers the span of a call for this turn: some instrumentations never make their client span the active one. */
export function show(of: Context): void {
  const span = trace.getSpanContext(of);
  if (span === undefined || !isSpanContextValid(span)) return;
  shown = span;
  queueMicrotask(() => {
    if (shown === span) shown = undefined;
  });
}

/** The trace that was passed to `hold`, if any. */
export function heldTrace(): string | undefined {
  return context.active().getValue(HELD) as string | undefined;
}

const openTelemetry: TracingBridge = {
  stateOf(traceId) {
    const span = shown?.traceId === traceId ? shown : trace.getSpanContext(context.active());
    return span?.traceId === traceId ? writeState(span) : undefined;
  },

  /** Holds only the ids of the trace, since connections that are opened inside outlive the request. */
  hold(traceId) {
    nameHeldCalls();
    const running = trace.getSpanContext(context.active());
    const base = ROOT_CONTEXT.setValue(HELD, traceId);
    const held = running?.traceId === traceId ? trace.setSpanContext(base, running) : base;
    return (fn) => context.with(held, fn);
  },
};

let naming = false;

/**
 * A forwarder's fields are written before its call has a span, so the parent is added when the call is made. This
 * listener must be registered after the instrumentation, which creates the span.
 */
function nameHeldCalls(): void {
  if (naming) return;
  naming = true;
  subscribe('undici:request:create', (message) => {
    const traceId = heldTrace();
    const state = traceId === undefined ? undefined : openTelemetry.stateOf(traceId);
    if (state === undefined) return;
    (message as { request: { addHeader(name: string, value: string): void } }).request.addHeader('tracestate', state);
  });
}

/** Connects OpenTelemetry to the rest of the library. */
export function join(): void {
  joinTracingBridge(openTelemetry);
}
