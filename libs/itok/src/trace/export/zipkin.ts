import type { ReportedKind, ReportedNote, TraceReport } from '../report.js';
import { exceptionAttributes, failureOf, spanAttributes } from './attributes.js';
import { type ExportedSpan, exportedSpans } from './exported-span.js';
import { microseconds } from './moment.js';

/** A span of Zipkin's API, version 2. */
export interface ZipkinSpan {
  readonly traceId: string;
  readonly id: string;
  readonly parentId?: string;
  readonly kind?: 'CLIENT' | 'SERVER' | 'PRODUCER' | 'CONSUMER';
  readonly name: string;
  /** Microseconds since the epoch. */
  readonly timestamp: number;
  /** Microseconds; at least 1. */
  readonly duration: number;
  readonly localEndpoint: { readonly serviceName: string };
  readonly remoteEndpoint?: { readonly serviceName: string };
  readonly annotations: readonly { readonly timestamp: number; readonly value: string }[];
  readonly tags: Readonly<Record<string, string>>;
}

const KIND: Readonly<Partial<Record<ReportedKind, NonNullable<ZipkinSpan['kind']>>>> = {
  server: 'SERVER',
  client: 'CLIENT',
  producer: 'PRODUCER',
  consumer: 'CONSUMER',
};

/**
 * Converts requests to Zipkin's format, under the ids of their lines. Both sides of a call have their own spans here,
 * so none is shared. Zipkin uses lower-case names for services and operations. Spans without an end line have the tag
 * `nestjs_internal_token.unfinished`; lines outside spans are left out.
 */
export function toZipkin(traces: readonly TraceReport[]): ZipkinSpan[] {
  return Array.from(exportedSpans(traces), zipkinSpan);
}

/** Converts one span. */
export function zipkinSpan({ txn, span, parent, zero, ahead }: ExportedSpan): ZipkinSpan {
  const { kind: reported, offset, notes } = span;
  const kind = KIND[reported];
  const other = otherSide(span);
  const start = Math.max(microseconds(zero + offset), 1);
  return {
    traceId: txn,
    id: span.id,
    ...(parent !== undefined && { parentId: parent }),
    ...(kind !== undefined && { kind }),
    name: label(span.op),
    timestamp: start,
    duration: Math.max(microseconds(zero + offset + span.duration) - start, 1),
    localEndpoint: { serviceName: label(span.service) },
    ...(other !== undefined && { remoteEndpoint: { serviceName: label(other) } }),
    annotations: notes.map((note) => annotation(note, zero)),
    tags: tagsOf({ span, ahead }),
  };
}

/** For a served request this is the sender, even if the request was passed on. */
function otherSide({ kind, peer, caller }: ExportedSpan['span']): string | undefined {
  return kind === 'server' ? caller : peer;
}

function tagsOf({ span, ahead }: Pick<ExportedSpan, 'span' | 'ahead'>): Record<string, string> {
  const { instance, err, failed } = span;
  const attributes = Object.entries({
    'service.instance.id': instance.toWellFormed(),
    ...spanAttributes(span, ahead),
    ...(err !== undefined && exceptionAttributes(err)),
  });
  const tags = Object.fromEntries(attributes.map(([name, value]) => [name, String(value)]));
  // Zipkin counts a span as failed if it has this tag, whatever its value.
  if (failed) tags['error'] = failureOf(span).toWellFormed();
  return tags;
}

function annotation({ offset, level, msg }: ReportedNote, zero: number): { timestamp: number; value: string } {
  return { timestamp: Math.max(microseconds(zero + offset), 1), value: `${level}: ${msg}`.toWellFormed() };
}

function label(text: string): string {
  return text.toWellFormed().toLowerCase();
}
