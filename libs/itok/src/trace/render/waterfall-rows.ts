import { type Operation, listOperations } from '../list-operations.js';
import type { TraceReport } from '../report.js';

/** An operation and its position in the tree. */
export interface Row {
  readonly operation: Operation;
  /** The tree lines before it: `│  ├─ `. */
  readonly branch: string;
  /** The tree lines below it: `│  │  `. */
  readonly continuation: string;
}

/** Deeper rows are not indented further. */
const MAX_INDENT = 90;

/**
 * The operations of a request as rows, depth first.
 * @param options.merge false shows every span, also the caller's half of a call
 * @param options.limit most rows: the longest, the failed ones, and their ancestors
 */
export function waterfallRows(
  report: TraceReport,
  options: { readonly merge: boolean; readonly limit: number },
): Row[] {
  const roots = listOperations(report, options.merge);
  const all = [...walk(roots)];
  return indented(roots, all.length <= options.limit ? undefined : longest(all, options.limit));
}

function* walk(roots: readonly Operation[]): Generator<Operation> {
  const open = roots.toReversed();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    yield next;
    for (const child of next.children.toReversed()) open.push(child);
  }
}

function indented(roots: readonly Operation[], kept?: ReadonlySet<Operation>): Row[] {
  const shown = (operations: readonly Operation[]): readonly Operation[] =>
    kept === undefined ? operations : operations.filter((operation) => kept.has(operation));
  const rows: Row[] = [];
  const open = shown(roots)
    .map((operation): Row => ({ operation, branch: '', continuation: '' }))
    .toReversed();
  for (let row = open.pop(); row !== undefined; row = open.pop()) {
    rows.push(row);
    const { branch, continuation } = row;
    const deep = continuation.length >= MAX_INDENT;
    const children = shown(row.operation.children).map((operation, index, { length }): Row => {
      const last = index === length - 1;
      if (deep) return { operation, branch, continuation };
      return {
        operation,
        branch: `${continuation}${last ? '└─ ' : '├─ '}`,
        continuation: `${continuation}${last ? '   ' : '│  '}`,
      };
    });
    for (const child of children.toReversed()) open.push(child);
  }
  return rows;
}

function longest(all: readonly Operation[], limit: number): ReadonlySet<Operation> {
  const parents = new Map(all.flatMap((each) => each.children.map((child) => [child, each] as const)));
  const weight = ({ duration, span }: Operation): number => (span.failed ? duration + 1e9 : duration);
  const kept = new Set<Operation>();
  for (const operation of all.toSorted((a, b) => weight(b) - weight(a))) {
    if (kept.size >= limit) break;
    const way: Operation[] = [];
    for (let up: Operation | undefined = operation; up !== undefined && !kept.has(up); up = parents.get(up)) {
      way.push(up);
      // Too deep to show with all of its ancestors.
      if (way.length > limit - kept.size) break;
    }
    if (way.length <= limit - kept.size) for (const each of way) kept.add(each);
  }
  return kept;
}
