import { byStart } from './assemble.js';
import type { ClockSkew } from './report.js';
import type { Span } from './span.js';

/** Clocks of one machine differ by less, too: not worth a word. */
const WORTH_SAYING_MS = 0.5;

/** By how much one clock may be ahead of another, in milliseconds. */
interface Bounds {
  low: number;
  high: number;
}

/**
 * Estimates how far each process' clock is ahead of the root's, and takes it out of its times.
 *
 * An answer happens within its call. So every call from one process to another bounds how far the second clock can be
 * ahead: at least by the answer's end minus the call's, at most by the answer's start minus the call's. If zero is
 * possible nothing is changed; otherwise the middle is taken, and half the width is the uncertainty.
 */
export function correctSkew(root: Span, spans: readonly Span[]): ClockSkew[] {
  const bounds = boundsBetween(spans);
  const rootInstance = root.line.instance;
  const ahead = new Map([[rootInstance, { ahead: 0, uncertainty: 0 }]]);
  const queue = [rootInstance];
  for (let from = queue.shift(); from !== undefined; from = queue.shift()) {
    const base = ahead.get(from) ?? { ahead: 0, uncertainty: 0 };
    for (const [to, found] of bounds.get(from) ?? []) {
      if (ahead.has(to)) continue;
      const step = estimate(found);
      ahead.set(to, { ahead: base.ahead + step.ahead, uncertainty: base.uncertainty + step.uncertainty });
      queue.push(to);
    }
  }
  return applied(spans, ahead);
}

function applied(
  spans: readonly Span[],
  found: ReadonlyMap<string, { ahead: number; uncertainty: number }>,
): ClockSkew[] {
  const skews = new Map<string, ClockSkew>();
  for (const span of spans) {
    const { instance, service } = span.line;
    const { ahead, uncertainty } = found.get(instance) ?? { ahead: 0, uncertainty: 0 };
    if (ahead === 0) continue;
    span.start -= ahead;
    span.end -= ahead;
    span.notes = span.notes.map((note) => ({ ...note, time: note.time - ahead }));
    if (Math.abs(ahead) >= WORTH_SAYING_MS) skews.set(instance, { service, instance, ahead, uncertainty });
  }
  for (const { children } of spans) children.sort(byStart);
  return [...skews.values()];
}

function boundsBetween(spans: readonly Span[]): Map<string, Map<string, Bounds>> {
  const all = new Map<string, Map<string, Bounds>>();
  const narrow = (from: string, to: string, { low, high }: Bounds): void => {
    const peers = all.get(from) ?? new Map<string, Bounds>();
    const known = peers.get(to);
    peers.set(to, known ? { low: Math.max(known.low, low), high: Math.min(known.high, high) } : { low, high });
    all.set(from, peers);
  };
  for (const call of spans) {
    for (const answer of call.children) {
      if (answer.line.kind !== 'server' || answer.line.instance === call.line.instance) continue;
      const high = answer.start - call.start;
      // Whoever left before the answer ended tells nothing about the end.
      const fits = answer.end - answer.start <= call.end - call.start && !answer.open && !call.open;
      const low = fits ? answer.end - call.end : Number.NEGATIVE_INFINITY;
      narrow(call.line.instance, answer.line.instance, { low, high });
      narrow(answer.line.instance, call.line.instance, { low: -high, high: -low });
    }
  }
  return all;
}

function estimate({ low, high }: Bounds): { ahead: number; uncertainty: number } {
  if (low <= 0 && high >= 0) return { ahead: 0, uncertainty: 0 };
  if (!Number.isFinite(low)) return { ahead: high, uncertainty: 0 };
  if (!Number.isFinite(high)) return { ahead: low, uncertainty: 0 };
  return { ahead: (low + high) / 2, uncertainty: Math.abs(high - low) / 2 };
}
