import { type Assembly, byStart } from './assemble.js';
import { lacksAnswer, type Span, walk } from './span.js';

/** A call without an answer, and the root it was found under. */
interface Unanswered {
  readonly call: Span;
  readonly root: Span;
}

/**
 * Puts spans whose caller left no line where they must have happened: within the shortest unanswered call that fits, or
 * else within the request. Uses one sweep by time, whose cost grows only with overlapping calls: a loop may have made
 * any number of them.
 *
 * @returns the root first, then spans that have no place
 */
export function placeOrphans({ root, roots }: Assembly): Span[] {
  if (root === undefined) return [];
  const coming = unansweredCalls(roots);
  const above = new Map<Span, Span>();
  const adopters = new Set<Span>();
  let running: Unanswered[] = [];
  let next = 0;
  for (const orphan of roots.slice(1).sort(byStart)) {
    for (let each = coming[next]; each && each.call.start <= orphan.start; each = coming[++next]) running.push(each);
    running = running.filter(({ call }) => call.end >= orphan.start);
    let place: Unanswered | undefined;
    for (const each of running) {
      const closer = contains(each.call, orphan) && (place === undefined || byLength(each.call, place.call) < 0);
      if (closer && topOf(each.root, above) !== orphan) place = each;
    }
    if (place === undefined && contains(root, orphan)) place = { call: root, root };
    if (place === undefined) continue;
    orphan.parent = place.call;
    place.call.children.push(orphan);
    adopters.add(place.call);
    above.set(orphan, topOf(place.root, above));
  }
  for (const { children } of adopters) children.sort(byStart);
  return roots.filter(({ parent }) => parent === undefined);
}

/** By start. */
function unansweredCalls(roots: readonly Span[]): Unanswered[] {
  const found: Unanswered[] = [];
  let [root] = roots;
  for (const { span, depth } of walk(roots)) {
    if (depth === 0) root = span;
    if (root !== undefined && lacksAnswer(span)) found.push({ call: span, root });
  }
  return found.sort((a, b) => byStart(a.call, b.call));
}

/** The root that a root now lies under; no span may lie under itself. */
function topOf(root: Span, above: Map<Span, Span>): Span {
  let top = root;
  for (let up = above.get(top); up !== undefined; up = above.get(top)) top = up;
  // Path compression: the next lookup is shorter.
  if (top !== root) above.set(root, top);
  return top;
}

function byLength(a: Span, b: Span): number {
  return a.end - a.start - (b.end - b.start) || byStart(a, b);
}

function contains(outer: Span, inner: Span): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}
