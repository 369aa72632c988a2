import type { Line } from './line.js';
import { isAwaited, type Span, walk } from './span.js';

/** The spans of one request. */
export interface Assembly {
  /**
   * Epoch milliseconds that span times are counted from: a full epoch value leaves no room for microseconds in a
   * double.
   */
  readonly zero: number;
  /** The root of the request; undefined if no line describes a span. */
  readonly root: Span | undefined;
  /** The root first, then spans not connected to it. */
  readonly roots: readonly Span[];
  readonly spans: readonly Span[];
  /** Lines outside every known span, by time. */
  readonly stray: Line[];
  /** Lines about a span that another process also claims, by time. */
  readonly contested: readonly Line[];
}

const RANK = { start: 0, inflight: 1, end: 2 } as const;

/** Builds the span trees from the lines of one request. Every span appears exactly once. */
export function assemble(lines: readonly Line[]): Assembly {
  const best = new Map<string, Line>();
  for (const line of lines) {
    if (line.ev === undefined || line.spanId === undefined) continue;
    const known = best.get(line.spanId);
    if (known === undefined || compareClaims(line, known) < 0) best.set(line.spanId, line);
  }
  const zero = Math.floor(lines.reduce((earliest, { time }) => Math.min(earliest, time), Infinity));
  const spans = [...best.values()].map((line) => newSpan(line, zero)).sort(byStart);
  const byId = new Map(spans.map((span) => [span.id, span]));
  link(spans, byId);
  const stray: Line[] = [];
  const contested: Line[] = [];
  for (const line of lines) {
    const span = line.spanId === undefined ? undefined : byId.get(line.spanId);
    if (line.ev === undefined) (span?.notes ?? stray).push(line);
    else if (span !== undefined && span.line.instance !== line.instance) contested.push(line);
  }
  for (const span of spans) span.notes = eachOnce(span.notes);
  const roots = orderRoots(spans.filter(({ parent }) => parent === undefined));
  return { zero, root: roots[0], roots, spans, stray: eachOnce(stray), contested: contested.sort(byTime) };
}

function newSpan(line: Line, zero: number): Span {
  const { spanId = '', ev, time, dur = 0 } = line;
  const start = time - zero - (ev === 'start' ? 0 : dur);
  const open = ev !== 'end';
  return {
    id: spanId,
    line,
    open,
    start,
    end: start + dur,
    parent: undefined,
    children: [],
    notes: [],
    self: 0,
    critical: 0,
  };
}

/** Ranks two lines about one span: an end first, then the longer duration; the rest makes the choice deterministic. */
function compareClaims(a: Line, b: Line): number {
  const rank = RANK[b.ev ?? 'start'] - RANK[a.ev ?? 'start'];
  if (rank !== 0) return rank;
  return (b.dur ?? 0) - (a.dur ?? 0) || a.time - b.time || compare(a.instance, b.instance) || compare(a.msg, b.msg);
}

function link(spans: readonly Span[], byId: ReadonlyMap<string, Span>): void {
  for (const span of spans) {
    if (span.line.parentSpanId !== undefined) span.parent = byId.get(span.line.parentSpanId);
  }
  cutRings(spans);
  for (const span of spans) span.parent?.children.push(span);
}

/** A cycle of parents is forged or garbled: its earliest span becomes a root. */
function cutRings(spans: readonly Span[]): void {
  const seen = new Map<Span, Span>();
  for (const first of spans) {
    let span: Span | undefined = first;
    for (; span !== undefined && !seen.has(span); span = span.parent) seen.set(span, first);
    if (span === undefined || seen.get(span) !== first) continue;
    let earliest = span;
    for (let next = span.parent; next !== span && next !== undefined; next = next.parent) {
      if (byStart(next, earliest) < 0) earliest = next;
    }
    earliest.parent = undefined;
  }
}

/** Puts the request itself first: it has no caller, starts first and lasts longest. */
function orderRoots(roots: Span[]): Span[] {
  const rank = ({ line }: Span): number =>
    (line.parentSpanId === undefined ? 0 : 2) + (line.kind === 'server' || line.kind === 'consumer' ? 0 : 1);
  return roots.sort((a, b) => rank(a) - rank(b) || b.end - b.start - (a.end - a.start) || byStart(a, b));
}

/**
 * A span without an end lasts at least as long as everything within it, and we assume as long as its caller waited for
 * it.
 * Call this only after the clocks are corrected.
 */
export function extendOpen({ roots, zero }: Assembly): void {
  const order = [...walk(roots)].map(({ span }) => span);
  for (const span of order.toReversed()) {
    if (!span.open) continue;
    for (const { end } of span.children) span.end = Math.max(span.end, end);
    for (const { time } of span.notes) span.end = Math.max(span.end, time - zero);
  }
  for (const span of order) {
    const { parent, open, end } = span;
    if (open && parent !== undefined && outlasts(span, parent)) span.end = Math.max(end, parent.end);
  }
}

/** The last known end. */
function outlasts(span: Span, parent: Span): boolean {
  return isAwaited({ ...span, end: Infinity }, parent);
}

export function byStart(a: Span, b: Span): number {
  return a.start - b.start || b.end - a.end || compare(a.id, b.id);
}

export function byTime(a: Line, b: Line): number {
  return a.time - b.time || compare(a.msg, b.msg);
}

/** Sorted by time. A log copied while it was growing may hold a line twice. */
function eachOnce(notes: Line[]): Line[] {
  const same = (a: Line, b: Line | undefined): boolean =>
    a.time === b?.time && a.msg === b.msg && a.level === b.level && a.instance === b.instance;
  return notes.sort(byTime).filter((note, index) => !same(note, notes[index - 1]));
}

/** By code units: the same order on every platform. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
