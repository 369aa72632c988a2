import { count, latency, milliseconds, percent, plural, rate } from '../format.js';
import type { CaptureReport, EdgeStats, OperationStats } from '../report.js';
import { fit, widthOf } from './columns.js';
import { markdownTable } from './markdown.js';
import { NARROW, type Style } from './pen.js';

/** Columns left out on a narrow terminal. */
const LESS_TELLING = new Set(['p50', 'p90', 'own p99']);
const MIN_NAME = 12;
const MAX_GONE = 10;
/** Smaller differences are noise. */
const WORTH_A_COLOUR = 0.1;

export interface TopOptions {
  /** Most rows per table. Default 30. */
  readonly limit?: number;
  /** An earlier capture to compare with. */
  readonly base?: CaptureReport | undefined;
}

interface Cell {
  readonly text: string;
  readonly tone?: 'good' | 'bad' | 'quiet';
}
interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** How many of the first columns are names. */
  readonly names: number;
}

/** Where the time of many requests went: operations by their share of the critical path, and calls between services. */
export function renderTop(report: CaptureReport, { pen, width }: Style, options: TopOptions = {}): string[] {
  const paint = { good: pen.green, bad: pen.red, quiet: pen.dim };
  const tables = tablesOf(report, options).flatMap((table) => {
    const { title, head, rows, names } = width < NARROW ? shortened(table) : table;
    const widths = head.map((name, column) =>
      Math.max(widthOf(name), ...rows.map((row) => widthOf(row[column]?.text ?? ''))),
    );
    // Names are cut before a number is dropped, the operation's first.
    for (const column of [1, 0]) {
      const over = widths.reduce((sum, each) => sum + each + 2, -2) - width;
      const own = widths[column] ?? 0;
      if (over > 0) widths[column] = Math.max(Math.min(own, MIN_NAME), own - over);
    }
    const place = (text: string, column: number): string =>
      column < names ? fit(text, widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
    return [
      '',
      pen.bold(title),
      pen.dim(head.map(place).join('  ')),
      ...rows.map((row) =>
        row
          .map(({ text, tone }, column) => (tone ? paint[tone] : String)(place(text, column)))
          .join('  ')
          .trimEnd(),
      ),
    ];
  });
  return [summary(report, options.base), ...tables];
}

function shortened({ head, rows, ...table }: Table): Table {
  const isShown = (_: unknown, column: number): boolean => !LESS_TELLING.has(head[column] ?? '');
  return { ...table, head: head.filter(isShown), rows: rows.map((row) => row.filter(isShown)) };
}

export function renderTopMarkdown(report: CaptureReport, options: TopOptions = {}): string {
  const tables = tablesOf(report, options).map(
    ({ title, head, rows, names }) =>
      `**${title}**\n\n${markdownTable(
        head,
        rows.map((row) => row.map(({ text }) => text)),
        names,
      )}`,
  );
  return `${[summary(report, options.base), ...tables].join('\n\n')}\n`;
}

function summary({ requests, failed, from, to, late, kept }: CaptureReport, base?: CaptureReport): string {
  const seconds = Math.max(to - from, 0) / 1000;
  const often = seconds >= 1 ? `, ${rate(requests / seconds)} over ${seconds.toFixed(0)} s` : '';
  const left = late > 0 ? `; ${plural(late, 'line')} came too late to be counted` : '';
  const lean =
    kept > 0 ? `; sampled, with ${count(kept)} kept because they failed or were slow, which biases the numbers` : '';
  const against =
    base === undefined ? '' : ` (base: ${plural(base.requests, 'request')}, ${count(base.failed)} failed)`;
  return `${plural(requests, 'request')}, ${count(failed)} failed${often}${lean}${left}${against}`;
}

function tablesOf({ operations, edges }: CaptureReport, { limit = 30, base }: TopOptions): Table[] {
  const compare = base !== undefined;
  return [
    {
      title: 'Operations, by their share of the critical path',
      head: [
        'service',
        'operation',
        'count',
        'err',
        'p50',
        'p90',
        'p99',
        'own p99',
        'crit',
        ...(compare ? DELTAS : []),
      ],
      rows: [...operations.slice(0, limit).map((each) => operationRow(each, base)), ...gone(operations, base)],
      names: 2,
    },
    {
      title: 'Calls between services',
      head: ['from', 'to', 'count', 'err', 'p50', 'p90', 'p99', 'rate', ...(compare ? DELTAS : [])],
      rows: edges.slice(0, limit).map((each) => edgeRow(each, base)),
      names: 2,
    },
  ];
}

const DELTAS = ['Δ p50', 'Δ p99', 'Δ err'];

function operationRow(stats: OperationStats, base?: CaptureReport): Cell[] {
  const { service, op, kind, selfP99, criticalShare } = stats;
  const before = base?.operations.find((each) => each.service === service && each.op === op && each.kind === kind);
  return [
    { text: service },
    { text: nameOf(stats) },
    ...latencyCells(stats),
    { text: stats.count === 0 ? '–' : milliseconds(selfP99) },
    { text: percent(criticalShare) },
    ...(base ? deltas(stats, before) : []),
  ];
}

/** What the base had and this capture lacks, the most important first. */
function gone(operations: readonly OperationStats[], base: CaptureReport | undefined): Cell[][] {
  const key = ({ service, op, kind }: OperationStats): string => `${service}\0${op}\0${kind}`;
  const now = new Set(operations.map(key));
  const rows = (base?.operations ?? []).filter((each) => !now.has(key(each))).slice(0, MAX_GONE);
  return rows.map((each) => [{ text: each.service }, { text: nameOf(each) }, { text: 'gone', tone: 'quiet' }]);
}

/** The caller's half of a call is named after the operation it calls. */
function nameOf({ kind, database, op }: OperationStats): string {
  return kind === 'client' && !database ? `call ${op}` : op;
}

function edgeRow(stats: EdgeStats, base?: CaptureReport): Cell[] {
  const { from, to, database } = stats;
  const before = base?.edges.find((each) => each.from === from && each.to === to && each.database === database);
  return [
    { text: stats.from },
    { text: stats.to },
    ...latencyCells(stats),
    { text: rate(stats.rate) },
    ...(base ? deltas(stats, before) : []),
  ];
}

type Measured = Pick<OperationStats, 'count' | 'errors' | 'p50' | 'p90' | 'p99'>;

function latencyCells({ count: calls, errors, p50, p90, p99 }: Measured): Cell[] {
  return [
    { text: count(calls) },
    errors > 0 ? { text: percent(errors / calls), tone: 'bad' } : { text: '–', tone: 'quiet' },
    ...[p50, p90, p99].map((value) => ({ text: latency(value) })),
  ];
}

function deltas(now: Measured, before: Measured | undefined): Cell[] {
  if (before === undefined) return [{ text: 'new', tone: 'quiet' }, { text: '' }, { text: '' }];
  // An operation that has not ended in one capture cannot be compared.
  if (now.count === 0 || before.count === 0) return [{ text: '' }, { text: '' }, { text: '' }];
  const errors = now.errors / now.count - before.errors / before.count;
  return [
    change(now.p50, before.p50),
    change(now.p99, before.p99),
    Math.abs(errors) < 0.0005
      ? { text: '–', tone: 'quiet' }
      : { text: `${errors > 0 ? '+' : '−'}${percent(Math.abs(errors))}`, tone: errors > 0 ? 'bad' : 'good' },
  ];
}

function change(now: number, before: number): Cell {
  if (now === 0 || before === 0) return { text: '' };
  const ratio = now / before - 1;
  const text = `${ratio >= 0 ? '+' : '−'}${percent(Math.abs(ratio))}`;
  if (Math.abs(ratio) < WORTH_A_COLOUR) return { text, tone: 'quiet' };
  return { text, tone: ratio > 0 ? 'bad' : 'good' };
}
