import type { ReportedNote, ReportedSpan, TraceReport } from '../report.js';

/** An operation as people see it: a call between processes and its answer are one. */
export interface Row {
  readonly span: ReportedSpan;
  /** The caller's half, where the operation is a call between processes. */
  readonly call?: ReportedSpan;
  readonly offset: number;
  readonly duration: number;
  /** Of the root's duration, both halves together. */
  readonly critical: number;
  readonly notes: readonly ReportedNote[];
  readonly children: Row[];
  /** What leads to it: `│  ├─ `. */
  branch: string;
  /** What goes on below it: `│  │  `. */
  continuation: string;
}

/** Deeper rows are not indented further. */
const MAX_INDENT = 90;

/** @param options.merge false shows every span, callers' halves too */
export function rowsOf(report: TraceReport, options: { readonly merge: boolean; readonly limit: number }): Row[] {
  const roots = forest(report, options.merge);
  const rows = indent(roots);
  if (rows.length <= options.limit) return rows;
  return indent(prune(roots, longest(rows, options.limit)));
}

function forest({ spans }: TraceReport, merge: boolean): Row[] {
  const childrenOf = new Map<string | undefined, ReportedSpan[]>();
  for (const span of spans) {
    const siblings = childrenOf.get(span.parent);
    if (siblings === undefined) childrenOf.set(span.parent, [span]);
    else siblings.push(span);
  }
  const roots: Row[] = [];
  const open = (childrenOf.get(undefined) ?? []).map((span) => ({ span, into: roots }));
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const { span, into } = next;
    const children = childrenOf.get(span.id) ?? [];
    const [answer] = children;
    const merged = merge && span.kind === 'client' && children.length === 1 && answer?.kind === 'server';
    const row = merged && answer !== undefined ? newRow(answer, span) : newRow(span);
    into.push(row);
    for (const child of merged && answer ? (childrenOf.get(answer.id) ?? []) : children) {
      open.push({ span: child, into: row.children });
    }
  }
  return roots;
}

function newRow(span: ReportedSpan, call?: ReportedSpan): Row {
  const { offset, duration } = call ?? span;
  return {
    span,
    ...(call !== undefined && { call }),
    offset,
    duration,
    critical: span.critical + (call?.critical ?? 0),
    notes: [...(call?.notes ?? []), ...span.notes],
    children: [],
    branch: '',
    continuation: '',
  };
}

function indent(roots: readonly Row[]): Row[] {
  const rows: Row[] = [];
  const stack = roots.toReversed();
  for (let row = stack.pop(); row !== undefined; row = stack.pop()) {
    rows.push(row);
    for (let index = row.children.length - 1; index >= 0; index--) {
      const child = row.children[index] as Row;
      const last = index === row.children.length - 1;
      const deep = row.continuation.length >= MAX_INDENT;
      child.branch = deep ? row.branch : `${row.continuation}${last ? '└─ ' : '├─ '}`;
      child.continuation = deep ? row.continuation : `${row.continuation}${last ? '   ' : '│  '}`;
      stack.push(child);
    }
  }
  return rows;
}

/** The longest rows, those that failed, and whatever leads to them. */
function longest(rows: readonly Row[], limit: number): ReadonlySet<Row> {
  const parents = new Map(rows.flatMap((row) => row.children.map((child) => [child, row] as const)));
  const weight = ({ duration, span }: Row): number => (span.failed ? duration + 1e9 : duration);
  const kept = new Set<Row>();
  for (const row of rows.toSorted((a, b) => weight(b) - weight(a))) {
    if (kept.size >= limit) break;
    for (let up: Row | undefined = row; up !== undefined && !kept.has(up); up = parents.get(up)) kept.add(up);
  }
  return kept;
}

function prune(roots: readonly Row[], kept: ReadonlySet<Row>): Row[] {
  const copy = (row: Row): Row => ({ ...row, children: row.children.filter((child) => kept.has(child)) });
  const top = roots.filter((row) => kept.has(row)).map(copy);
  const open = [...top];
  for (let row = open.pop(); row !== undefined; row = open.pop()) {
    row.children.splice(0, row.children.length, ...row.children.map(copy));
    open.push(...row.children);
  }
  return top;
}
