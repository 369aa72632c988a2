import type { Line } from './line.js';
import { isAwaited, type Span, walk } from './span.js';

/** The spans of one request, in whatever order their lines came. */
export interface Assembly {
  /** Epoch milliseconds that times of spans are counted from: an epoch's own digits leave no room for microseconds. */
  readonly zero: number;
  /** What the request as a whole was; undefined if no line tells of any span. */
  readonly root: Span | undefined;
  /** The root first, then spans that nothing connects with it. */
  readonly roots: readonly Span[];
  readonly spans: readonly Span[];
  /** Lines outside of every known span, by time. */
  readonly stray: Line[];
  /** Lines about a span of which another process tells, too, by time. */
  readonly contested: readonly Line[];
}

const RANK = { start: 0, inflight: 1, end: 2 } as const;

/** Finds the spans that lines of one request tell of, and makes a forest of them. No span is lost or told twice. */
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

/** Which of two lines about one span tells more: an end, then a longer life; the rest only makes the choice the same. */
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

/** Whoever leads back to itself is forged or garbled: the earliest of such a ring becomes a root. */
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

/** The request itself first: nobody called it, it begins first, it lasts longest. */
function orderRoots(roots: Span[]): Span[] {
  const rank = ({ line }: Span): number =>
    (line.parentSpanId === undefined ? 0 : 2) + (line.kind === 'server' || line.kind === 'consumer' ? 0 : 1);
  return roots.sort((a, b) => rank(a) - rank(b) || b.end - b.start - (a.end - a.start) || byStart(a, b));
}

/**
 * A span without an end has lasted at least as long as everything within it, once clocks agree, and for all that is
 * known as long as somebody waited for it.
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

/** As far as anybody knows. */
function outlasts(span: Span, parent: Span): boolean {
  return isAwaited({ ...span, end: Infinity }, parent);
}

export function byStart(a: Span, b: Span): number {
  return a.start - b.start || b.end - a.end || compare(a.id, b.id);
}

export function byTime(a: Line, b: Line): number {
  return a.time - b.time || compare(a.msg, b.msg);
}

/** By time. A log that was copied while it grew may hold a line twice. */
function eachOnce(notes: Line[]): Line[] {
  const same = (a: Line, b: Line | undefined): boolean =>
    a.time === b?.time && a.msg === b.msg && a.level === b.level && a.instance === b.instance;
  return notes.sort(byTime).filter((note, index) => !same(note, notes[index - 1]));
}

/** By code units: the same order wherever it runs. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
