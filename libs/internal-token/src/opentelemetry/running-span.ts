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

/** The trace of a call that is made outside of its request's context. */
const HELD = createContextKey('nestjs-internal-token: held trace');

/** The client span of a call that is being made: instrumentation shows it when it asks to have it propagated. */
let shown: SpanContext | undefined;

/** Some clients are instrumented without their span ever being the active one. What is shown counts for this turn. */
export function show(of: Context): void {
  const span = trace.getSpanContext(of);
  if (span === undefined || !isSpanContextValid(span)) return;
  shown = span;
  queueMicrotask(() => {
    if (shown === span) shown = undefined;
  });
}

/** The trace that was taken hold of, where one was. */
export function heldTrace(): string | undefined {
  return context.active().getValue(HELD) as string | undefined;
}

const openTelemetry: TracingBridge = {
  stateOf(traceId) {
    const span = shown?.traceId === traceId ? shown : trace.getSpanContext(context.active());
    return span?.traceId === traceId ? writeState(span) : undefined;
  },

  /** Its ids alone: connections are made in there, and outlive the request. */
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
 * A forwarder's fields are written before its call has a span, so its parent is named when the call is made. After the
 * instrumentation, which listens from the start: first its span, then the name.
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

/** Tells the rest of the library, from now on, what runs here. */
export function join(): void {
  joinTracingBridge(openTelemetry);
}
