/**
 * The operations of one transaction as a tree, from the lines that tell of an operation's end, with the other lines
 * under the operation in which they were written.
 */
export function traceTree(lines) {
  const spans = new Map();
  for (const line of lines.filter(({ ev }) => ev === 'end')) {
    spans.set(line.span_id, { ...line, startedAt: line.time - line.dur, children: [], notes: [] });
  }
  for (const line of lines.filter(({ ev }) => ev === undefined)) spans.get(line.span_id)?.notes.push(line);

  const roots = [];
  for (const span of spans.values()) {
    const parent = spans.get(span.parent_span_id);
    (parent ? parent.children : roots).push(span);
  }
  for (const { children } of spans.values()) children.sort((one, other) => one.startedAt - other.startedAt);
  return { roots, count: spans.size, services: new Set([...spans.values()].map(({ service }) => service)) };
}

/** Depth first: each operation with the branches that lead to it. */
export function* walk(span, branch = '', continuation = '') {
  yield { span, branch, continuation };
  for (const [index, child] of span.children.entries()) {
    const last = index === span.children.length - 1;
    yield* walk(child, `${continuation}${last ? '└─ ' : '├─ '}`, `${continuation}${last ? '   ' : '│  '}`);
  }
}
