import { type SpanContext, TraceFlags } from '@opentelemetry/api';

/** The parent that a calling process names. */
export type NamedSpan = Pick<SpanContext, 'spanId' | 'traceFlags'>;

/** Our member of `tracestate` (W3C Trace Context, section 3.3): a span id, and whether it is sampled. */
const MEMBER = /(?:^|,)[ \t]*itok=([0-9a-f]{16})-0([01])[ \t]*(?:,|$)/;
const ZERO_SPAN = '0000000000000000';

/** The field with this span as its only member. */
export function writeState({ spanId, traceFlags }: NamedSpan): string {
  return `itok=${spanId}-0${traceFlags & TraceFlags.SAMPLED}`;
}

/** The span in our member; undefined if there is none. Other members are ignored. */
export function readState(tracestate: string | string[] | undefined): NamedSpan | undefined {
  if (typeof tracestate !== 'string') return undefined;
  const [, spanId, sampled] = MEMBER.exec(tracestate) ?? [];
  if (spanId === undefined || spanId === ZERO_SPAN) return undefined;
  return { spanId, traceFlags: sampled === '1' ? TraceFlags.SAMPLED : TraceFlags.NONE };
}
