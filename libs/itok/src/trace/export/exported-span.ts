import type { ReportedSpan, TraceReport } from '../report.js';

/** A span, with what an export needs of its trace. */
export interface ExportedSpan {
  readonly txn: string;
  readonly span: ReportedSpan;
  /** The parent that the span's line names, whether or not that parent left lines. */
  readonly parent: string | undefined;
  /** Epoch milliseconds at the start of the trace; offsets count from here. */
  readonly zero: number;
  /** Milliseconds by which its clock is ahead, if its times were corrected. */
  readonly ahead: number | undefined;
}

/** Every span of these requests, in order. */
export function* exportedSpans(traces: readonly TraceReport[]): Generator<ExportedSpan> {
  for (const { txn, startedAt, spans, skews } of traces) {
    // All domains of a process share its clock.
    const clocks = new Map(skews.map(({ instance, ahead }) => [instance, ahead]));
    const ids = new Set(spans.map(({ id }) => id));
    for (const span of spans) {
      const { parent, missingParent } = span;
      // A parent that is not missing closes a cycle of spans, which was cut here.
      const caller = missingParent !== undefined && !ids.has(missingParent) ? missingParent : parent;
      yield { txn, span, parent: caller, zero: startedAt, ahead: clocks.get(span.instance) };
    }
  }
}

/** One key per service and process, whatever characters their names have. */
export function processOf({ service, instance }: Pick<ReportedSpan, 'service' | 'instance'>): string {
  return JSON.stringify([service, instance]);
}
