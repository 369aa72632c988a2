// OpenTelemetry set up by hand as documented, loaded before the application: `node --import ./opentelemetry.mjs`. Uses
// the hook for ES modules, AsyncLocalStorage as context, W3C fields, and batches of the default size.
import { writeSync } from 'node:fs';
import { register } from 'node:module';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { BatchSpanProcessor, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { ProtobufTraceSerializer } from 'opentelemetry-protos';

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);

const { otel, otelRatio } = JSON.parse(process.env.OVERHEAD).variant;
const STDOUT = 1;

/**
 * Does nothing, or what an OTLP exporter does before its HTTP request: serialise a batch. The output goes where log
 * lines go.
 */
const exporter = {
  exported: 0,
  export(spans, done) {
    this.exported += spans.length;
    if (otel === 'write') writeSync(STDOUT, ProtobufTraceSerializer.serializeRequest(spans));
    done({ code: 0 });
  },
  shutdown: () => Promise.resolve(),
};

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(
  new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
);
const provider = new TracerProvider({
  ...(otelRatio !== undefined && { sampler: new TraceIdRatioBasedSampler(otelRatio) }),
  spanProcessors: [new BatchSpanProcessor({ exporter })],
});
trace.setGlobalTracerProvider(provider);
registerInstrumentations({ instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()] });

globalThis.overheadOpenTelemetry = {
  flush: () => provider.forceFlush(),
  get exported() {
    return exporter.exported;
  },
};
