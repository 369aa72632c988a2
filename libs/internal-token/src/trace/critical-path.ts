import type { CriticalPiece } from './report.js';
import type { Span } from './span.js';

/** Clocks and rounding: what ends so little after another has begun came before it, in milliseconds. */
const TOLERANCE_MS = 0.1;

interface Window {
  readonly span: Span;
  readonly from: number;
  readonly to: number;
}

/**
 * What the request waited for, moment by moment, from the end of the root back to its start: in each span the child
 * that ended last, then what went before that child began. A child that was still running when the path's next one
 * began held nobody up. The pieces add up to the root's duration; each is added to its span's `critical`.
 */
export function criticalPath(root: Span): CriticalPiece[] {
  const pieces: CriticalPiece[] = [];
  const add = ({ id }: Span, from: number, to: number): void => {
    if (to > from) pieces.push({ span: id, from: from - root.start, to: to - root.start });
  };
  const windows: Window[] = [{ span: root, from: root.start, to: root.end }];
  for (let window = windows.pop(); window !== undefined; window = windows.pop()) {
    const { span, from, to } = window;
    let cursor = to;
    for (const child of span.children.toSorted(byEndDescending)) {
      if (child.end > cursor + TOLERANCE_MS || child.start >= cursor) continue;
      const end = Math.min(child.end, cursor);
      if (end <= from) break;
      add(span, end, cursor);
      span.critical += cursor - end;
      cursor = Math.max(child.start, from);
      windows.push({ span: child, from: cursor, to: end });
    }
    add(span, from, cursor);
    span.critical += Math.max(0, cursor - from);
  }
  return pieces.sort((a, b) => a.from - b.from);
}

/** Sets `self` of each span: its duration without the times that children cover, together or one after the other. */
export function measureSelf(spans: readonly Span[]): void {
  for (const span of spans) {
    let covered = 0;
    let until = span.start;
    for (const child of span.children) {
      const from = Math.max(child.start, until);
      const to = Math.min(child.end, span.end);
      if (to <= from) continue;
      covered += to - from;
      until = to;
    }
    span.self = Math.max(0, span.end - span.start - covered);
  }
}

function byEndDescending(a: Span, b: Span): number {
  return b.end - a.end || a.start - b.start || (a.id < b.id ? -1 : 1);
}
