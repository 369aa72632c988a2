import type { ReportedSpan } from '../../../trace/index.js';

/** What a span did in a part of its time. */
export interface BarPart {
  readonly what: 'self' | 'children' | 'network';
  readonly from: number;
  readonly to: number;
}

/**
 * Divides the time of a span into its children's and its own. For a call that one server answered, the call's own time
 * is the time on the way.
 */
export function barParts(span: ReportedSpan, children: readonly ReportedSpan[]): BarPart[] {
  const end = span.offset + span.duration;
  const own =
    span.kind === 'client' && children.length === 1 && children[0]?.id === span.answeredBy ? 'network' : 'self';
  const parts: BarPart[] = [];
  let until = span.offset;
  const add = (what: BarPart['what'], from: number, to: number): void => {
    const last = parts.at(-1);
    if (last?.what === what && last.to >= from) parts[parts.length - 1] = { ...last, to };
    else if (to > from) parts.push({ what, from, to });
  };
  for (const child of children) {
    if (child.detached) continue;
    const from = Math.max(until, Math.min(child.offset, end));
    const to = Math.min(child.offset + child.duration, end);
    if (to <= from) continue;
    add(own, until, from);
    add('children', from, to);
    until = to;
  }
  add(own, until, end);
  return parts;
}
