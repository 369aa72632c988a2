// Preloaded by `node --import`: the SDK as its documentation sets it up, with spans kept in memory. SDK_WITHOUT names
// the parts to omit: `generator`, `undici`. SDK_ROOTS=off samples no trace.
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  InMemorySpanExporter,
  ParentBasedSampler,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { InternalTokenIdGenerator, InternalTokenPropagator } from 'nestjs-internal-token/opentelemetry';

const without = new Set(process.env.SDK_WITHOUT?.split(','));
const exporter = new InMemorySpanExporter();
const root = process.env.SDK_ROOTS === 'off' ? new AlwaysOffSampler() : new AlwaysOnSampler();
const provider = new TracerProvider({
  ...(without.has('generator') ? {} : { idGenerator: new InternalTokenIdGenerator() }),
  sampler: new ParentBasedSampler({ root }),
  spanProcessors: [new SimpleSpanProcessor({ exporter })],
});
trace.setGlobalTracerProvider(provider);
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new InternalTokenPropagator());
registerInstrumentations({
  tracerProvider: provider,
  instrumentations: [new HttpInstrumentation(), ...(without.has('undici') ? [] : [new UndiciInstrumentation()])],
});

/** What was exported, without what describes only this machine. */
globalThis.exportedSpans = () =>
  exporter.getFinishedSpans().map((span) => ({
    name: span.name,
    kind: span.kind,
    traceId: span.spanContext().traceId,
    spanId: span.spanContext().spanId,
    parentSpanId: span.parentSpanContext?.spanId,
    status: span.attributes['http.response.status_code'],
    path: span.attributes['url.path'],
    url: span.attributes['url.full'],
  }));
