import { offset as formatOffset } from './format.js';
import type { Gap } from './report.js';
import { answerOf, callsOut, CLIENT_CLOSED_REQUEST, type Span } from './span.js';

/** A call that ended so may never have reached anybody (RFC 9110, section 15.6; or its own caller left before). */
const NOT_REACHED = new Set([CLIENT_CLOSED_REQUEST, 502, 503, 504]);

/**
 * Who ought to have written lines and has not: callees that answered, callers that were named.
 * @param spans with orphans in their places
 */
export function findGaps(root: Span, spans: readonly Span[]): Gap[] {
  // Lines that sampling dropped are not missing, of callees and of callers that had the failure handled.
  if (spans.some(({ line }) => line.kept !== undefined)) return [];
  const silent = spans.filter((span) => callsOut(span) && !answerOf(span) && hasArrived(span));
  const explained = new Set(silent);
  const ids = new Set(spans.map(({ id }) => id));
  return [
    ...silent.map((span) => silentCallee(span, span.start - root.start)),
    ...spans
      .filter(({ line }) => line.parentSpanId !== undefined && !ids.has(line.parentSpanId))
      .filter(({ parent }) => parent === undefined || !explained.has(parent))
      .map((span) => silentCaller(span, span.start - root.start)),
  ].sort((a, b) => a.offset - b.offset);
}

function silentCallee({ id, line }: Span, offset: number): Gap {
  const { peer, service } = line;
  const text = `no lines from ${peer ?? 'the callee'}, called by ${service} at ${formatOffset(offset)}`;
  return { kind: 'silent-callee', ...(peer !== undefined && { service: peer }), span: id, offset, text };
}

function silentCaller({ id, line }: Span, offset: number): Gap {
  const text = `${line.service} was called at ${formatOffset(offset)} by somebody without lines (span ${line.parentSpanId})`;
  return { kind: 'silent-caller', span: id, offset, text };
}

function hasArrived({ line, open }: Span): boolean {
  const { err, status } = line;
  if (open || err === undefined) return true;
  const told = err.status ?? status;
  return typeof told === 'number' && !NOT_REACHED.has(told);
}
