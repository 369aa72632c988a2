import type { CriticalPiece } from './report.js';
import { isAwaited, type Span, TOLERANCE_MS } from './span.js';

/** A hostile log may have more pieces than anyone could look at. */
const MAX_WINDOWS = 2_000_000;

/** A stretch of the path within a span, to be divided between the span and the children it waited for. */
interface Window {
  readonly span: Span;
  readonly from: number;
  readonly to: number;
}

/** The children that a span waited for. */
interface Awaited {
  /** Last end first. */
  readonly byEnd: readonly Span[];
  /** For each child, the earliest start among it and those before it. */
  readonly earliest: readonly Span[];
}

/**
 * Finds what the request waited for at each moment, from the end of the root back to its start: in each span the child
 * that ended last, then what ran before that child started. A child still running when the path's next child started
 * delayed nothing; it gets only the time that nothing else accounts for. The pieces add up to the root's duration; each
 * is added to its span's `critical`, which never exceeds its `self`.
 */
export function criticalPath(root: Span): CriticalPiece[] {
  const pieces: CriticalPiece[] = [];
  const known = new Map<Span, Awaited>();
  const windows: Window[] = [{ span: root, from: root.start, to: root.end }];
  let made = 0;
  for (let window = windows.pop(); window !== undefined; window = windows.pop()) {
    const { span, from, to } = window;
    const { byEnd, earliest } = awaitedOf(span, known);
    const own = (begin: number, end: number): void => {
      if (end <= begin) return;
      pieces.push({ span: span.id, from: begin - root.start, to: end - root.start });
      span.critical += end - begin;
    };
    const open = (child: Span, begin: number, end: number): void => {
      if (end > begin) windows.push({ span: child, from: begin, to: end });
    };
    /** @param passed how many children ended later than this stretch or are already on the path */
    const between = (begin: number, end: number, passed: number): void => {
      const running = earliest[passed - 1];
      const since = running === undefined ? end : Math.min(Math.max(running.start, begin), end);
      if (running !== undefined) open(running, since, end);
      own(begin, since);
    };
    if (made++ > MAX_WINDOWS) {
      own(from, to);
      continue;
    }
    let cursor = to;
    let index = endedBy(byEnd, to + TOLERANCE_MS);
    for (; index < byEnd.length; index++) {
      const child = byEnd[index] as Span;
      if (child.end <= from) break;
      if (child.end > cursor + TOLERANCE_MS || child.start >= cursor) continue;
      const end = Math.min(child.end, cursor);
      between(end, cursor, index);
      cursor = Math.max(child.start, from);
      open(child, cursor, end);
    }
    between(from, cursor, index);
  }
  return pieces.sort((a, b) => a.from - b.from);
}

/** Sets `self` of each span: its duration minus the time covered by awaited children, parallel or sequential. */
export function measureSelf(spans: readonly Span[]): void {
  for (const span of spans) {
    let covered = 0;
    let until = span.start;
    for (const child of span.children) {
      const from = Math.max(child.start, until);
      const to = Math.min(child.end, span.end);
      if (to <= from || !isAwaited(child, span)) continue;
      covered += to - from;
      until = to;
    }
    span.self = Math.max(0, span.end - span.start - covered);
  }
}

function awaitedOf(span: Span, known: Map<Span, Awaited>): Awaited {
  let awaited = known.get(span);
  if (awaited === undefined) {
    const byEnd = span.children.filter((child) => isAwaited(child, span)).sort(byEndDescending);
    let first: Span | undefined;
    const earliest = byEnd.map((child) => (first = first === undefined || child.start < first.start ? child : first));
    awaited = { byEnd, earliest };
    known.set(span, awaited);
  }
  return awaited;
}

/** The index of the first that has ended by then. */
function endedBy(byEnd: readonly Span[], time: number): number {
  let low = 0;
  let high = byEnd.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((byEnd[middle] as Span).end > time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function byEndDescending(a: Span, b: Span): number {
  return b.end - a.end || a.start - b.start || (a.id < b.id ? -1 : 1);
}
