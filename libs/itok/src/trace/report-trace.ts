import { analyse } from './analyse.js';
import { errorChain } from './error-chain.js';
import { findGaps } from './find-gaps.js';
import type { Line } from './line.js';
import type { ReportedNote, ReportedSpan, TraceReport } from './report.js';
import { answerOf, isAwaited, isFailed, type Span, walk } from './span.js';
import { verdict } from './verdict.js';

export interface TraceOptions {
  /** Leave every clock uncorrected. Default false. */
  readonly raw?: boolean;
}

/**
 * Reports what the lines of one request say together. Their order does not matter.
 * @returns undefined if no line describes a span
 */
export function reportTrace(
  txn: string,
  lines: readonly Line[],
  { raw = false }: TraceOptions = {},
): TraceReport | undefined {
  const analysis = analyse(lines, raw);
  if (analysis === undefined) return undefined;
  const { zero, root, roots, spans, stray, contested, skews, criticalPath } = analysis;
  const gaps = findGaps(root, spans, contested);
  const chain = errorChain(roots);
  const { op = '', service, status } = root.line;
  const startedAt = zero + root.start;
  return {
    txn,
    startedAt,
    duration: root.end - root.start,
    op,
    service,
    ...(status !== undefined && { status }),
    failed: isFailed(root),
    ...whoAsked(spans),
    unfinished: spans.some(({ open }) => open),
    ...whyKept(spans),
    verdict: verdict(root, spans, chain, gaps),
    spans: [...walk(roots)].map(({ span, depth }) => reportSpan(span, depth, root.start, startedAt)),
    criticalPath,
    errorChain: chain.map(({ id }) => id),
    skews,
    gaps,
    strayNotes: stray.map((note) => reportNote(note, startedAt)),
    services: [...new Set(spans.map(({ line }) => line.service))],
  };
}

function whyKept(spans: readonly Span[]): Pick<TraceReport, 'kept'> {
  const reasons = new Set(spans.map(({ line }) => line.kept));
  if (reasons.has('error')) return { kept: 'error' };
  return reasons.has('slow') ? { kept: 'slow' } : {};
}

function whoAsked(spans: readonly Span[]): Pick<TraceReport, 'tenant' | 'user'> {
  const said = spans.find(({ line }) => line.tenant !== undefined || line.user !== undefined)?.line;
  return {
    ...(said?.tenant !== undefined && { tenant: said.tenant }),
    ...(said?.user !== undefined && { user: said.user }),
  };
}

function reportSpan(span: Span, depth: number, begin: number, startedAt: number): ReportedSpan {
  const { line, open, start, end } = span;
  const { service, instance, kind = 'internal', op = line.msg, parentSpanId, tok } = line;
  const answer = answerOf(span);
  return {
    id: span.id,
    ...(span.parent !== undefined && { parent: span.parent.id }),
    ...(parentSpanId !== undefined && parentSpanId !== span.parent?.id && { missingParent: parentSpanId }),
    ...(answer !== undefined && { answeredBy: answer.id }),
    ...(span.parent !== undefined && !isAwaited(span, span.parent) && { detached: true }),
    depth,
    service,
    instance,
    kind,
    op,
    offset: start - begin,
    duration: end - start,
    self: span.self,
    critical: span.critical,
    ...(open && { open }),
    ...(line.status !== undefined && { status: line.status }),
    failed: isFailed(span),
    ...(line.err !== undefined && { err: line.err }),
    ...(line.peer !== undefined && { peer: line.peer }),
    ...(line.route !== undefined && { route: line.route }),
    ...(line.db !== undefined && { db: line.db }),
    ...(tok !== undefined && {
      token: {
        age: tok.ageMs,
        left: tok.ttlMs,
        ...(tok.kid !== undefined && { kid: tok.kid }),
        ...(tok.verifyUs !== undefined && { verifyMicroseconds: tok.verifyUs }),
      },
    }),
    ...(line.caller !== undefined && { caller: line.caller }),
    notes: span.notes.map((note) => reportNote(note, startedAt)),
  };
}

function reportNote(note: Line, startedAt: number): ReportedNote {
  return {
    offset: note.time - startedAt,
    level: note.level,
    msg: note.msg,
    service: note.service,
    ...(note.context !== undefined && { context: note.context }),
    ...(note.err !== undefined && { err: note.err }),
  };
}
