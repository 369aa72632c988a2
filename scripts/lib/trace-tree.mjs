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

/**
 * The same tree for who asks what happened, not where: a call between two processes is one operation, as it is without
 * a network in between. The caller's side gives way to the answering one; its time stays, for that is what was waited.
 */
export function asOperations(span) {
  const children = span.children.map(asOperations);
  const [answer] = children;
  const isCall = span.kind === 'client' && children.length === 1 && answer.kind === 'server' && answer.op === span.op;
  if (!isCall) return { ...span, children };
  return { ...answer, startedAt: span.startedAt, dur: span.dur, notes: [...span.notes, ...answer.notes] };
}

/**
 * Whether everything is there: one root, which is the gateway's, and an answering side of each call.
 *
 * @param {{ roots: any[] }} tree
 */
export function isWhole({ roots: [root, ...others] }) {
  const isRoot = root?.kind === 'server' && root.service === 'gateway' && others.length === 0;
  return isRoot && [...walk(root)].every(({ span }) => span.kind !== 'client' || span.children.length > 0);
}
