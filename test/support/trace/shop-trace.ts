import type { CriticalPiece, ReadingReport, ReportedSpan, TraceReport } from '../../../libs/itok/src/trace/index.js';
import { reportedSpans, type Told } from './span-builder.js';

const STARTED_AT = Date.UTC(2026, 10, 26, 9, 41, 53, 207) + 0.412;
const KEY = 'k-2026-11-a';

export const READING: ReadingReport = { lines: 61_204, bytes: 24_881_020, broken: 3, files: 4 };
export const SERVICES = ['gateway', 'orders', 'catalog', 'inventory'];

/** The token members of a server span, for a token valid for a minute. */
export const token = (age: number, verifyMicroseconds?: number): NonNullable<ReportedSpan['token']> => ({
  age,
  left: 60_000 - age,
  kid: KEY,
  ...(verifyMicroseconds !== undefined && { verifyMicroseconds }),
});

/** A request of the shop, from a description. */
export function traceReport(root: Told, criticalPath: CriticalPiece[], more: Partial<TraceReport>): TraceReport {
  return {
    txn: '01936d3e5f7c7c3a9d2b4e8f60718293',
    startedAt: STARTED_AT,
    duration: root.duration,
    op: root.op,
    service: root.service,
    ...(root.status !== undefined && { status: root.status }),
    failed: root.failed ?? false,
    tenant: 'acme',
    unfinished: false,
    verdict: '',
    spans: reportedSpans(root, criticalPath),
    criticalPath,
    errorChain: [],
    skews: [],
    gaps: [],
    strayNotes: [],
    services: SERVICES,
    ...more,
  };
}
