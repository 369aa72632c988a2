import { setTimeout as delay } from 'node:timers/promises';
import {
  followLog,
  format,
  isWhole,
  type Line,
  outcomePaint,
  RecentRequests,
  renderTrace,
  renderTraceMarkdown,
  summaryOf,
  TraceInputError,
  type TraceReport,
} from '../trace/index.js';
import type { Paper } from './terminal.js';

interface FollowOptions {
  readonly raw?: boolean;
  readonly spans?: boolean;
  readonly notes: boolean;
  readonly limit: number;
  readonly json?: boolean;
  readonly md?: boolean;
}

/** Lines of other processes may come shortly after the end of the request. */
const SETTLE_MS = 300;

/**
 * Prints one line for each request that ends, or one whole request as soon as it has ended. Runs until SIGINT or the
 * end of the piped input; a request that has not ended by then is shown as far as it is known.
 *
 * @throws TraceInputError if the piped input ends without a line of the request
 */
export async function followRequests(
  word: string | undefined,
  places: readonly string[],
  paper: Paper,
  options: FollowOptions,
): Promise<void> {
  const stop = new AbortController();
  paper.terminal.signal?.addEventListener('abort', () => stop.abort(), { once: true });
  const waited: Promise<void>[] = [];
  const shown = new Set<string>();
  const show = (txn: string): void => {
    const report = shown.has(txn) ? undefined : requests.trace(txn, { raw: options.raw === true });
    if (report === undefined) return;
    shown.add(txn);
    showRequest(report, paper, options);
  };
  const requests = new RecentRequests({
    onRequest: (request) => {
      if (request.unfinished) return;
      waited.push(
        delay(SETTLE_MS).then(() => {
          show(request.txn);
          stop.abort();
        }),
      );
    },
  });
  const { input } = paper.terminal;
  await followLog(places, {
    onLine: (line) => {
      if (word === undefined) listIfWhole(line, paper, options);
      else if (line.txn.startsWith(word) || line.txn.endsWith(word)) requests.add(line);
    },
    onProblem: (problem) => paper.warn(problem),
    signal: stop.signal,
    // A request given by its id may already have ended.
    fromStart: word !== undefined,
    ...(input && { stdin: input }),
  });
  await Promise.all(waited);
  if (word === undefined || shown.size > 0) return;
  for (const txn of new Set(Array.from(requests, (line) => line.txn))) show(txn);
  if (shown.size === 0 && !stop.signal.aborted)
    throw new TraceInputError(`The piped input ended without a span of ${word}.`);
}

/** Keeps no history: in two logs written at once, requests come in any order. */
function listIfWhole(line: Line, paper: Paper, { json }: FollowOptions): void {
  if (!isWhole(line)) return;
  const request = summaryOf(line);
  if (json) return paper.text(`${JSON.stringify(request)}\n`);
  const { txn, startedAt, duration, op, status, failed, tenant } = request;
  const { pen } = paper;
  const time = new Date(startedAt).toISOString().slice(11, 23);
  const columns = [
    pen.dim(time),
    pen.dim(`…${txn.slice(-8)}`),
    outcomePaint(failed, status, pen)(String(status ?? '').padEnd(3)),
    format.milliseconds(duration).padStart(9),
    op,
    tenant === undefined ? '' : pen.dim(tenant),
  ];
  paper.line(columns.join('  ').trimEnd());
}

function showRequest(report: TraceReport, paper: Paper, options: FollowOptions): void {
  const view = { everySpan: options.spans === true, limit: options.limit, notes: options.notes };
  if (options.json) paper.json({ trace: report });
  else if (options.md) paper.text(renderTraceMarkdown(report, view));
  else for (const line of renderTrace(report, { pen: paper.pen, width: paper.width }, view)) paper.line(line);
}
