import { assemble, type Assembly, extendOpen } from './assemble.js';
import { correctSkew } from './correct-skew.js';
import { criticalPath, measureSelf } from './critical-path.js';
import type { Line } from './line.js';
import { placeOrphans } from './place-orphans.js';
import type { ClockSkew, CriticalPiece } from './report.js';
import type { Span } from './span.js';

/** The analysed spans of one request: each under its parent, on one clock, with its own and its critical time. */
export interface Analysis extends Assembly {
  readonly root: Span;
  readonly skews: readonly ClockSkew[];
  readonly criticalPath: readonly CriticalPiece[];
}

/**
 * Analyses the lines of one request, in any order.
 * @param raw leaves every clock uncorrected
 * @returns undefined if no line describes a span
 */
export function analyse(lines: readonly Line[], raw = false): Analysis | undefined {
  const assembly = assemble(lines);
  const { root, spans, stray } = assembly;
  if (root === undefined) return undefined;
  const skews = raw ? [] : correctSkew(root, spans, stray);
  // Span times are comparable only after the clocks are corrected.
  extendOpen(assembly);
  const roots = placeOrphans(assembly);
  measureSelf(spans);
  return { ...assembly, root, roots, skews, criticalPath: criticalPath(root) };
}
