import type { CriticalPiece, ReportedKind, ReportedNote, ReportedSpan } from '../../../libs/itok/src/trace/index.js';

/** A described span: its place in the tree determines its parent. */
export interface Told extends Partial<Omit<ReportedSpan, 'id' | 'parent' | 'depth' | 'notes' | 'self' | 'critical'>> {
  readonly id: string;
  readonly service: string;
  readonly kind: ReportedKind;
  readonly op: string;
  readonly offset: number;
  readonly duration: number;
  readonly notes?: readonly Partial<ReportedNote>[];
  readonly children?: readonly Told[];
}

/** The described tree as a list, as in a report. */
export function reportedSpans(root: Told, criticalPath: readonly CriticalPiece[]): ReportedSpan[] {
  const spans: ReportedSpan[] = [];
  const add = ({ children = [], notes = [], ...told }: Told, depth: number, parent?: string): void => {
    const answer = told.kind === 'client' ? children.find(({ kind }) => kind === 'server') : undefined;
    spans.push({
      instance: `${told.service}-1`,
      failed: false,
      ...told,
      ...(parent !== undefined && { parent }),
      ...(answer !== undefined && { answeredBy: answer.id }),
      depth,
      self: told.duration - covered(told, children),
      critical: criticalPath.filter(({ span }) => span === told.id).reduce((sum, { from, to }) => sum + to - from, 0),
      notes: notes.map((note) => ({ offset: told.offset, level: 'info', msg: '', service: told.service, ...note })),
    });
    for (const child of children) add(child, depth + 1, told.id);
  };
  add(root, 0);
  return spans;
}

function covered(span: Told, children: readonly Told[]): number {
  let [sum, until] = [0, span.offset];
  for (const { offset, duration } of children.toSorted((a, b) => a.offset - b.offset)) {
    const to = Math.min(offset + duration, span.offset + span.duration);
    sum += Math.max(0, to - Math.max(offset, until));
    until = Math.max(until, to);
  }
  return sum;
}
