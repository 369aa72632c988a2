import {
  type Line,
  type Operation,
  listOperations,
  parseLine,
  type ReportedSpan,
  reportTrace,
} from '../../../libs/itok/src/trace/index.js';

/** A line of a process' log, as LogLines has it. */
export interface LoggedLine {
  readonly text: string;
  readonly process: string;
  readonly span_id?: string;
}

export interface RequestTree {
  readonly root: Operation;
  /** The process that wrote a span's line. */
  readonly processOf: (span: ReportedSpan) => string;
}

/** The operations of a request once it is complete: the gateway's own, and an answer to each call. */
export function requestTree(txn: string, logged: readonly LoggedLine[]): RequestTree | undefined {
  const lines = logged.map(({ text }) => parseLine(text)).filter((line): line is Line => typeof line === 'object');
  const report = reportTrace(txn, lines);
  if (report === undefined || report.unfinished || report.gaps.length > 0 || report.service !== 'gateway')
    return undefined;
  const [root, ...others] = listOperations(report);
  if (root === undefined || others.length > 0 || root.span.kind !== 'server') return undefined;
  const processes = new Map(logged.map((line) => [line.span_id, line.process]));
  return { root, processOf: ({ id }) => processes.get(id) ?? 'nobody' };
}

/** All of them, callers before callees. */
export function* eachOperation(root: Operation): Generator<Operation> {
  yield root;
  for (const child of root.children) yield* eachOperation(child);
}
