import type { ReportedKind, ReportedNote, ReportedSpan, TraceReport } from '../report.js';
import { type Attributes, exceptionAttributes, failureOf, noteAttributes, spanAttributes } from './attributes.js';
import { type ExportedSpan, exportedSpans, processOf } from './exported-span.js';
import { nanoseconds } from './moment.js';

/** `ExportTraceServiceRequest` of the OpenTelemetry protocol 1.x, in its JSON form. */
export interface OtlpRequest {
  readonly resourceSpans: readonly ResourceSpans[];
}

interface ResourceSpans {
  readonly resource: { readonly attributes: readonly KeyValue[] };
  readonly scopeSpans: readonly [{ readonly scope: { readonly name: string }; readonly spans: OtlpSpan[] }];
}

/** A span; ids are hexadecimal, enumerations are numbers, 64-bit numbers are text. */
export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly flags: number;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly KeyValue[];
  readonly events: readonly OtlpEvent[];
  readonly status: { readonly code?: number; readonly message?: string };
}

interface OtlpEvent {
  readonly timeUnixNano: string;
  readonly name: string;
  readonly attributes: readonly KeyValue[];
}

interface KeyValue {
  readonly key: string;
  readonly value:
    | { readonly stringValue: string }
    | { readonly boolValue: boolean }
    | { readonly intValue: string }
    | { readonly doubleValue: number };
}

const KIND: Readonly<Record<ReportedKind, number>> = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 };
const STATUS_ERROR = 2;

/** Sampled, because it was logged; random trace id (W3C Trace Context level 2). */
const TRACE_FLAGS = 0x03;
/** Whether the parent is remote is known, and it is. */
const KNOWS_REMOTE = 0x100;
const IS_REMOTE = 0x200;

/**
 * Converts requests to the OpenTelemetry protocol, for any collector, Jaeger or Tempo. Every span appears once, under
 * the ids of its lines; its parent is the one its line names, even if that parent left no lines. A span without an end
 * line is marked `nestjs_internal_token.unfinished` and ends at its last known time. Lines outside spans have no place
 * in a trace and are left out.
 */
export function toOtlp(traces: readonly TraceReport[]): OtlpRequest {
  return otlpRequest(exportedSpans(traces));
}

/** One request, its spans grouped by service and process. */
export function otlpRequest(spans: Iterable<ExportedSpan>): OtlpRequest {
  const processes = new Map<string, ResourceSpans>();
  for (const exported of spans) {
    const key = processOf(exported.span);
    let process = processes.get(key);
    if (process === undefined) processes.set(key, (process = resourceOf(exported.span)));
    process.scopeSpans[0].spans.push(otlpSpan(exported));
  }
  return { resourceSpans: [...processes.values()] };
}

function resourceOf({ service, instance }: ReportedSpan): ResourceSpans {
  const attributes = keyValues({
    'service.name': service.toWellFormed(),
    'service.instance.id': instance.toWellFormed(),
  });
  return { resource: { attributes }, scopeSpans: [{ scope: { name: 'nestjs-internal-token' }, spans: [] }] };
}

function otlpSpan({ txn, span, parent, zero, ahead }: ExportedSpan): OtlpSpan {
  const { id, op, kind, offset, duration, failed, err, notes } = span;
  const start = zero + offset;
  const end = start + Math.max(duration, 0);
  const remote = parent !== undefined && (kind === 'server' || kind === 'consumer');
  const events = notes.map((note) => otlpEvent(note, zero));
  if (err !== undefined) {
    events.push({
      timeUnixNano: nanoseconds(end),
      name: 'exception',
      attributes: keyValues(exceptionAttributes(err)),
    });
  }
  return {
    traceId: txn,
    spanId: id,
    ...(parent !== undefined && { parentSpanId: parent }),
    flags: TRACE_FLAGS | KNOWS_REMOTE | (remote ? IS_REMOTE : 0),
    name: named(op),
    kind: KIND[kind],
    startTimeUnixNano: nanoseconds(start),
    endTimeUnixNano: nanoseconds(end),
    attributes: keyValues(spanAttributes(span, ahead)),
    events,
    status: failed ? { code: STATUS_ERROR, message: failureOf(span).toWellFormed() } : {},
  };
}

function otlpEvent(note: ReportedNote, zero: number): OtlpEvent {
  return {
    timeUnixNano: nanoseconds(zero + note.offset),
    name: named(note.msg),
    attributes: keyValues(noteAttributes(note)),
  };
}

/** A name must not be empty. */
function named(text: string): string {
  return text === '' ? '(no text)' : text.toWellFormed();
}

function keyValues(attributes: Attributes): KeyValue[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: string | number | boolean): KeyValue['value'] {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
