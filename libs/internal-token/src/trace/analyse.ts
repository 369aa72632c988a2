import { assemble, type Assembly, extendOpen } from './assemble.js';
import { correctSkew } from './clock-skew.js';
import { criticalPath, measureSelf } from './critical-path.js';
import type { Line } from './line.js';
import { placeOrphans } from './place-orphans.js';
import type { ClockSkew, CriticalPiece } from './report.js';
import type { Span } from './span.js';

/** One request, its spans in their places, by one clock, with their own and their critical time. */
export interface Analysis extends Assembly {
  readonly root: Span;
  readonly skews: readonly ClockSkew[];
  readonly criticalPath: readonly CriticalPiece[];
}

/**
 * What follows from the lines of one request, in whatever order they are.
 * @param raw leaves every clock as it is
 * @returns undefined if none of them tells of a span
 */
export function analyse(lines: readonly Line[], raw = false): Analysis | undefined {
  const assembly = assemble(lines);
  const { root, spans, stray } = assembly;
  if (root === undefined) return undefined;
  const skews = raw ? [] : correctSkew(root, spans, stray);
  // Only when clocks agree can one span be said to outlast another, or to lie within it.
  extendOpen(assembly);
  const roots = placeOrphans(assembly);
  measureSelf(spans);
  return { ...assembly, root, roots, skews, criticalPath: criticalPath(root) };
}
