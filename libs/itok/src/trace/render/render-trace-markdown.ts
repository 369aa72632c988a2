import { milliseconds } from '../format.js';
import type { TraceReport } from '../report.js';
import { escapeMarkdown, fence } from './markdown.js';
import { plain } from './pen.js';
import { errorLines, facts, missingLines, skewLines } from './trace-text.js';
import { renderWaterfall, type WaterfallOptions } from './render-waterfall.js';

/** A request as Markdown, for pasting into an issue. */
export function renderTraceMarkdown(report: TraceReport, options: WaterfallOptions = {}): string {
  const { op, status, duration, verdict } = report;
  const outcome = status === undefined ? '' : ` → ${status}`;
  const parts = [
    `### ${escapeMarkdown(op)}${outcome}, ${milliseconds(duration)}`,
    escapeMarkdown(verdict),
    fence(renderWaterfall(report, plain(110), options).join('\n')),
    ...list(
      'Error chain',
      errorLines(report).map((line) => line.trim().replace(/^← /, '')),
    ),
    ...list('Missing', missingLines(report)),
    ...list('Clocks', skewLines(report)),
    `<sub>${escapeMarkdown(facts(report))}</sub>`,
  ];
  return `${parts.join('\n\n')}\n`;
}

function list(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`**${title}**\n\n${items.map((item) => `1. ${escapeMarkdown(item)}`).join('\n')}`];
}
