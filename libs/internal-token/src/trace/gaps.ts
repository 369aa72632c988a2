import { offset as formatOffset } from './format.js';
import type { Gap } from './report.js';
import type { Line } from './line.js';
import { CLIENT_CLOSED_REQUEST, lacksAnswer, type Span } from './span.js';

/** A call that ended so may never have reached anybody (RFC 9110, section 15.6; or its own caller left before). */
const NOT_REACHED = new Set([CLIENT_CLOSED_REQUEST, 502, 503, 504]);

/**
 * Who ought to have written lines and has not: callees that answered, callers that were named.
 * @param spans with orphans in their places
 * @param contested lines about a span of which another process tells, too
 */
export function findGaps(root: Span, spans: readonly Span[], contested: readonly Line[]): Gap[] {
  // Lines that sampling dropped are not missing, of callees and of callers that had the failure handled.
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
  const text = `${line.service} (${line.instance}) tells of span ${id}, too, which is shown as ${other.service} (${other.instance}) told it`;
  return [{ kind: 'claimed-twice', service: line.service, span: id, offset: start - begin, text }];
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
