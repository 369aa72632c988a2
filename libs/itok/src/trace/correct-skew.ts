import { byStart, byTime } from './assemble.js';
import { type Ahead, ClockBounds } from './clock-bounds.js';
import type { Line } from './line.js';
import type { ClockSkew } from './report.js';
import type { Span } from './span.js';

/** Smaller skews are not reported: processes of one machine may differ by as much. */
const WORTH_SAYING_MS = 2;
/** The end of an answer is logged when its connection closes, up to this long after the caller received it. */
const LATE_END_MS = 5;
/** Above this number of processes no skew is estimated: the bounds between all of them would take too long. */
const MAX_PROCESSES = 200;

/**
 * Estimates how far each process' clock is ahead of the root's, and corrects the times of its spans, of the lines in
 * them and of its `stray` lines outside every span.
 *
 * An answer happens within its call. So each call from one process to another bounds how far the second clock can be
 * ahead: at least the answer's end minus the call's end, at most the answer's start minus the call's start. The bounds
 * of one pair of clocks also bound the others. If zero is possible, also with an end logged a little late, nothing is
 * changed; otherwise the middle is taken.
 */
export function correctSkew(root: Span, spans: readonly Span[], stray: Line[]): ClockSkew[] {
  const processes = [...new Set([root, ...spans].map(({ line }) => line.instance))];
  if (processes.length < 2 || processes.length > MAX_PROCESSES) return [];
  const lenient = solve(processes, spans, LATE_END_MS);
  if ([...lenient.values()].every(({ ahead }) => ahead === 0)) return [];
  const ahead = solve(processes, spans, 0);
  const corrected = (line: Line): Line => ({ ...line, time: line.time - (ahead.get(line.instance)?.ahead ?? 0) });
  const skews = new Map<string, ClockSkew>();
  for (const span of spans) {
    const { instance, service } = span.line;
    const found = ahead.get(instance);
    if (found === undefined || found.ahead === 0) continue;
    span.start -= found.ahead;
    span.end -= found.ahead;
    span.notes = span.notes.map(corrected);
    const sure = lenient.get(instance)?.ahead !== 0 && Math.abs(found.ahead) >= WORTH_SAYING_MS;
    if (sure && !skews.has(instance)) {
      skews.set(instance, { service, instance, ...found });
    }
  }
  for (const [index, line] of stray.entries()) stray[index] = corrected(line);
  stray.sort(byTime);
  // Even a skew too small to report may change the order.
  for (const { children } of spans) children.sort(byStart);
  return [...skews.values()];
}

/** @param lateEnd milliseconds by which the end of an answer may be logged late */
function solve(processes: readonly string[], spans: readonly Span[], lateEnd: number): Map<string, Ahead> {
  const bounds = new ClockBounds(processes);
  for (const call of spans) {
    for (const answer of call.children) addBounds(bounds, call, answer, lateEnd);
  }
  return bounds.solve();
}

function addBounds(bounds: ClockBounds, call: Span, answer: Span, lateEnd: number): void {
  if (answer.line.kind !== 'server' || answer.line.instance === call.line.instance) return;
  bounds.atMost(call.line.instance, answer.line.instance, answer.start - call.start);
  // A caller that left before the answer ended bounds nothing by its end.
  const fits = answer.end - answer.start <= call.end - call.start && !answer.open && !call.open;
  if (fits) bounds.atMost(answer.line.instance, call.line.instance, call.end - answer.end + lateEnd);
}
