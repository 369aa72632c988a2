import { offset as formatOffset } from './format.js';
import type { Gap } from './report.js';
import type { Line } from './line.js';
import { CLIENT_CLOSED_REQUEST, lacksAnswer, type Span } from './span.js';

/** Statuses of a call that may never have reached its callee (RFC 9110, section 15.6, or its own caller left first). */
const NOT_REACHED = new Set([CLIENT_CLOSED_REQUEST, 502, 503, 504]);

/**
 * Finds processes that should have written lines and have not: callees that answered, callers that are named.
 * @param spans with orphans already placed
 * @param contested lines about a span that another process also claims
 */
export function findGaps(root: Span, spans: readonly Span[], contested: readonly Line[]): Gap[] {
  // Sampling drops the lines of callees and of callers that handled the failure: they are not missing.
  if (spans.some(({ line }) => line.kept !== undefined)) return [];
  const byId = new Map(spans.map((span) => [span.id, span]));
  const twice = new Map(contested.map((line) => [`${line.spanId} ${line.instance}`, line]));
  const told = new Set(Array.from(twice.values(), ({ spanId }) => spanId));
  const silent = spans.filter((span) => lacksAnswer(span) && hasArrived(span) && !told.has(span.id));
  const explained = new Set(silent);
  return [
    ...[...twice.values()].flatMap((line) => claimedTwice(line, byId.get(line.spanId ?? ''), root.start)),
    ...silent.map((span) => silentCallee(span, span.start - root.start)),
    ...spans
      .filter(({ line }) => line.parentSpanId !== undefined && !byId.has(line.parentSpanId))
      .filter(({ parent }) => parent === undefined || !explained.has(parent))
      .map((span) => silentCaller(span, span.start - root.start)),
  ].sort((a, b) => a.offset - b.offset);
}

function claimedTwice(line: Line, shown: Span | undefined, begin: number): Gap[] {
  if (shown === undefined) return [];
  const { id, line: other, start } = shown;
  const text = `${line.service} (${line.instance}) also logged span ${id}, which is shown as logged by ${other.service} (${other.instance})`;
  return [{ kind: 'claimed-twice', service: line.service, span: id, offset: start - begin, text }];
}

function silentCallee({ id, line }: Span, offset: number): Gap {
  const { peer, service } = line;
  const text = `no lines from ${peer ?? 'the callee'}, called by ${service} at ${formatOffset(offset)}`;
  return { kind: 'silent-callee', ...(peer !== undefined && { service: peer }), span: id, offset, text };
}

function silentCaller({ id, line }: Span, offset: number): Gap {
  const text = `${line.service} was called at ${formatOffset(offset)} by a caller without lines (span ${line.parentSpanId})`;
  return { kind: 'silent-caller', span: id, offset, text };
}

function hasArrived({ line, open }: Span): boolean {
  const { err, status } = line;
  if (open || err === undefined) return true;
  const told = err.status ?? status;
  return typeof told === 'number' && !NOT_REACHED.has(told);
}
