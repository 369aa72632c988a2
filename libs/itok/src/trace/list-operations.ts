import type { ReportedNote, ReportedSpan, TraceReport } from './report.js';

/** What happened, wherever it ran: a call between processes and its answer are one operation, as within one process. */
export interface Operation {
  /** For a call, the answering side. */
  readonly span: ReportedSpan;
  /** The caller's side, if the operation is a call between processes. */
  readonly call?: ReportedSpan;
  readonly offset: number;
  readonly duration: number;
  /** Share of the root's duration, both sides together. */
  readonly critical: number;
  readonly notes: readonly ReportedNote[];
  readonly children: Operation[];
}

/**
 * The operations of a request, the request itself first.
 * @param merge false makes every span its own operation
 */
export function listOperations({ spans }: Pick<TraceReport, 'spans'>, merge = true): Operation[] {
  const childrenOf = Map.groupBy(spans, ({ parent }) => parent);
  const roots: Operation[] = [];
  const open = (childrenOf.get(undefined) ?? []).map((span) => ({ span, into: roots })).toReversed();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { span } = next;
    const answer = merge ? answerOf(span, childrenOf.get(span.id)) : undefined;
    const operation = answer === undefined ? newOperation(span) : newOperation(answer, span);
    next.into.push(operation);
    const children = childrenOf.get(operation.span.id) ?? [];
    for (const child of children.toReversed()) open.push({ span: child, into: operation.children });
  }
  return roots;
}

/** What the calling process did while it waited would have no place beside the answer. */
function answerOf(
  { kind, answeredBy }: ReportedSpan,
  children: readonly ReportedSpan[] = [],
): ReportedSpan | undefined {
  const [answer] = children;
  return kind === 'client' && children.length === 1 && answer?.id === answeredBy ? answer : undefined;
}

function newOperation(span: ReportedSpan, call?: ReportedSpan): Operation {
  const { offset, duration } = call ?? span;
  return {
    span,
    ...(call !== undefined && { call }),
    offset,
    duration,
    critical: span.critical + (call?.critical ?? 0),
    notes: [...(call?.notes ?? []), ...span.notes],
    children: [],
  };
}
