import type { ReportedSpan, TraceReport } from '../report.js';

/** A span with what its trace knows of it. */
export interface ExportedSpan {
  readonly txn: string;
  readonly span: ReportedSpan;
  /** The span that called it by what its line says, whether or not that one has left lines. */
  readonly parent: string | undefined;
  /** Epoch milliseconds of the beginning of the trace, from which offsets count. */
  readonly zero: number;
  /** Milliseconds by which its clock is ahead, if its times were corrected. */
  readonly ahead: number | undefined;
}

/** Every span of these requests, in their order. */
export function* exportedSpans(traces: readonly TraceReport[]): Generator<ExportedSpan> {
  for (const { txn, startedAt, spans, skews } of traces) {
    // The clock is the process', whichever of its domains a span belongs to.
    const clocks = new Map(skews.map(({ instance, ahead }) => [instance, ahead]));
    const ids = new Set(spans.map(({ id }) => id));
    for (const span of spans) {
      const { parent, missingParent } = span;
      // One that is not missing stands for a ring of spans, which was cut here.
      const caller = missingParent !== undefined && !ids.has(missingParent) ? missingParent : parent;
      yield { txn, span, parent: caller, zero: startedAt, ahead: clocks.get(span.instance) };
    }
  }
}

/** One text for one service in one process, whatever their names are. */
export function processOf({ service, instance }: Pick<ReportedSpan, 'service' | 'instance'>): string {
  return JSON.stringify([service, instance]);
}
