import { count, milliseconds, offset as formatOffset, plural } from '../format.js';
import type { ReportedSpan, TraceReport } from '../report.js';
import { fit } from './columns.js';
import { outcomePaint, type Style } from './pen.js';
import { renderWaterfall, type WaterfallOptions } from './render-waterfall.js';

/** Deeper failures are not indented further. */
const MAX_INDENT = 30;
/** A longer chain shows only its first and last spans. */
const MAX_ERRORS = 60;

/** A request for a terminal: summary, clock skew, waterfall, failures, missing lines. */
export function renderTrace(report: TraceReport, style: Style, options: WaterfallOptions = {}): string[] {
  const { pen } = style;
  return [
    headline(report, style),
    pen.dim(facts(report)),
    '',
    report.verdict,
    '',
    ...renderWaterfall(report, style, options),
    ...section('Error chain', errorLines(report), style),
    ...section('Missing', missingLines(report), style),
    ...section('Clocks', skewLines(report), style),
    ...section('Outside any span', options.notes === false ? [] : strayLines(report, style), style),
  ];
}

function headline({ op, status, failed, duration, unfinished }: TraceReport, { pen }: Style): string {
  const outcome = status === undefined ? '' : `  ${outcomePaint(failed, status, pen)(String(status))}`;
  return `${pen.bold(op)}${outcome}  ${milliseconds(duration)}${unfinished ? `  ${pen.yellow('unfinished')}` : ''}`;
}

export function facts({ startedAt, tenant, user, txn, services, spans }: TraceReport): string {
  const who = [tenant !== undefined && `tenant ${tenant}`, user !== undefined && `user ${user}`].filter(Boolean);
  const what = `${plural(spans.length, 'span')} in ${plural(services.length, 'service')}`;
  return [new Date(startedAt).toISOString().replace('T', ' '), ...who, what, txn].join('   ');
}

function section(title: string, lines: readonly string[], { pen }: Style): string[] {
  return lines.length === 0 ? [] : ['', pen.bold(title), ...lines.map((line) => `  ${line}`)];
}

/** From the outermost failure to where it began, one per line. */
export function errorLines({ errorChain, spans }: TraceReport): string[] {
  const byId = new Map(spans.map((span) => [span.id, span]));
  const failed = errorChain.flatMap((id) => byId.get(id) ?? []);
  // For a call between processes, the side that answered knows more.
  const chain = failed.filter(({ id, kind }, index) => {
    const next = failed[index + 1];
    return !(kind === 'client' && next?.kind === 'server' && next.parent === id);
  });
  const lines = chain.map(
    (span, index) => `${'  '.repeat(Math.min(index, MAX_INDENT))}${index > 0 ? '← ' : ''}${outcomeOf(span)}`,
  );
  if (lines.length <= MAX_ERRORS) return lines;
  const left = `${'  '.repeat(MAX_INDENT)}← … ${count(lines.length - MAX_ERRORS)} more …`;
  return [...lines.slice(0, MAX_ERRORS / 2), left, ...lines.slice(-MAX_ERRORS / 2)];
}

function outcomeOf({ service, op, status, err, offset, duration }: ReportedSpan): string {
  const why = err === undefined ? '' : `: ${err.code === undefined ? err.type : err.code} ${err.message}`;
  const when = `${formatOffset(offset + duration)}`;
  return `${service}  ${op}  ${status ?? 'no end'} at ${when}${why}`.replaceAll('\n', ' ');
}

/** Which processes left no lines, and why some may be missing. */
export function missingLines({ gaps, kept }: TraceReport): string[] {
  const why = kept === 'error' ? 'it failed' : 'it was slow';
  const sampled =
    kept === undefined
      ? []
      : [`not in the sample: each service kept its lines only where ${why}, so healthy neighbours may be missing`];
  return [...gaps.map(({ text }) => text), ...sampled];
}

/** How wrong each clock is, and with what uncertainty. */
export function skewLines({ skews }: TraceReport): string[] {
  return skews.map(({ service, instance, ahead, uncertainty }) => {
    const way = ahead > 0 ? 'ahead' : 'behind';
    const sure = uncertainty > 0 ? ` ± ${milliseconds(uncertainty)}` : '';
    return `${service} (${instance}) is ${milliseconds(Math.abs(ahead))}${sure} ${way}; its times are corrected (--raw shows them as logged)`;
  });
}

function strayLines({ strayNotes }: TraceReport, { width }: Style): string[] {
  return strayNotes.map(({ offset, service, level, msg }) => {
    const text = `${formatOffset(offset)} ${service} ${level}: ${msg.replaceAll('\n', ' ')}`;
    return fit(text, Math.max(width - 2, 40)).trimEnd();
  });
}
