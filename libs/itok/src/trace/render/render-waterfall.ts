import { milliseconds, offset as formatOffset, percent, plural } from '../format.js';
import type { CriticalPiece, TraceReport } from '../report.js';
import { fit, widthOf } from './columns.js';
import { NARROW, outcomePaint, type Paint, serviceColours, type Style } from './pen.js';
import type { Operation } from '../list-operations.js';
import { type Row, waterfallRows } from './waterfall-rows.js';

export interface WaterfallOptions {
  /** Show the caller's half of a call as its own row. Default false. */
  readonly everySpan?: boolean;
  /** Most rows; the longest are shown. Default 200. */
  readonly limit?: number;
  /** Show lines of application code under their spans. Default true. */
  readonly notes?: boolean;
}

const OWN_CRITICAL = '█';
const OWN = '▓';
const WAITING = '░';
const ON_THE_WAY = '╌';

const MAX_LABEL = 56;
const MIN_BAR = 12;
const MIN_LABEL = 12;
const NUMBERS = ['total', 'own', 'crit', 'token'] as const;
const NUMBERS_IN_SHORT = ['total', 'crit'] as const;
const NUMBER_WIDTH = 8;
const GAP = '  ';

/** One line per operation: service, operation, bar within the whole, duration; below it the log lines written in it. */
export function renderWaterfall(report: TraceReport, style: Style, options: WaterfallOptions = {}): string[] {
  const { everySpan = false, limit = 200, notes = true } = options;
  const { pen, width } = style;
  const rows = waterfallRows(report, { merge: !everySpan, limit });
  const colourOf = serviceColours(report.services, pen);
  const labels = rows.map(labelOf);
  const names = width < NARROW ? NUMBERS_IN_SHORT : NUMBERS;
  const room = width - names.length * (NUMBER_WIDTH + 1) - GAP.length;
  const most = Math.max(MIN_LABEL, Math.min(MAX_LABEL, room - MIN_BAR));
  const label = labels.reduce((widest, text) => Math.min(most, Math.max(widest, widthOf(text))), 0);
  const bar = Math.max(MIN_BAR, room - label);
  const scale = new Scale(report, bar);

  const head = `${' '.repeat(label)}${GAP}${scale.axis()}${names.map((name) => ` ${name.padStart(NUMBER_WIDTH)}`).join('')}`;
  const lines = rows.flatMap((row) => {
    const { operation } = row;
    const colour = colourOf(operation.span.service);
    const numbers = numbersOf(operation, report);
    const columns = names.map((name) => ` ${numbers[name].padStart(NUMBER_WIDTH)}`);
    const first = `${paintLabel(row, label, colour, style)}${GAP}${scale.bar(operation, colour, pen.dim)}`;
    return [`${first}${columns.join('')}${ending(operation, style)}`.trimEnd(), ...(notes ? notesOf(row, style) : [])];
  });
  const hidden = report.spans.length - rows.reduce((sum, { operation }) => sum + (operation.call ? 2 : 1), 0);
  if (hidden > 0) lines.push(pen.dim(`… ${plural(hidden, 'shorter span')} not shown (--limit)`));
  return [pen.dim(head), ...lines, pen.dim(legend(rows))];
}

function legend(rows: readonly Row[]): string {
  const way = rows.some(({ operation }) => operation.call !== undefined || isUnanswered(operation))
    ? `   ${ON_THE_WAY} on the way`
    : '';
  return `${OWN_CRITICAL} own work on the critical path   ${OWN} own work off it   ${WAITING} waiting for others${way}`;
}

function labelOf(row: Row): string {
  return `${row.branch}${nameOf(row)}${row.operation.span.op}`;
}

/** A statement appears below the service that runs it. */
function nameOf({ operation: { span } }: Row): string {
  return span.db === undefined ? `${span.service}  ` : '';
}

function paintLabel(row: Row, width: number, colour: Paint, { pen }: Style): string {
  const text = fit(labelOf(row), width);
  const from = Math.min(row.branch.length, text.length);
  const to = Math.min(from + nameOf(row).length, text.length);
  return `${pen.dim(text.slice(0, from))}${colour(text.slice(from, to))}${text.slice(to)}`;
}

function numbersOf(
  { span, duration, critical }: Operation,
  report: TraceReport,
): Record<(typeof NUMBERS)[number], string> {
  const share = report.duration > 0 ? critical / report.duration : 0;
  return {
    total: milliseconds(duration),
    own: milliseconds(span.self),
    crit: share > 0 ? percent(share) : '',
    token: span.token === undefined ? '' : age(span.token.age),
  };
}

/** Claims hold times in whole seconds, so the age is no finer. A negative age shows a wrong clock. */
function age(milliseconds: number): string {
  const tenths = Math.round(milliseconds / 100);
  return `${tenths < 0 ? '−' : ''}${Math.abs(tenths / 10).toFixed(1)} s`;
}

function ending({ span }: Operation, { pen }: Style): string {
  const { status, failed, open, err } = span;
  if (open) return ` ${pen.yellow('no end')}`;
  const why = err?.code ?? err?.type;
  if (!failed && status !== 'error' && !(Number(status) >= 400)) return '';
  return ` ${outcomePaint(failed, status, pen)(`${failed ? '✗' : '!'} ${why ?? status ?? 'failed'}`)}`;
}

function notesOf({ operation, continuation }: Row, { pen, width }: Style): string[] {
  const indent = `${continuation}${operation.children.length > 0 ? '│' : ' '}  `;
  return operation.notes.map(({ level, msg, context, offset }) => {
    const text = `${indent}${formatOffset(offset)} ${level}${context === undefined ? '' : ` [${context}]`}: ${msg}`;
    const line = fit(text.replaceAll('\n', ' '), Math.max(width, 40)).trimEnd();
    return level === 'error' || level === 'fatal' ? pen.red(line) : level === 'warn' ? pen.yellow(line) : pen.dim(line);
  });
}

/** Nothing is logged about the other side or the time on the way. */
function isUnanswered({ span }: Operation): boolean {
  return span.kind === 'client' && span.db === undefined && span.answeredBy === undefined;
}

class Scale {
  readonly #from: number;
  readonly #length: number;
  readonly #pieces = new Map<string, CriticalPiece[]>();

  constructor(
    report: TraceReport,
    private readonly width: number,
  ) {
    const roots = report.spans.filter(({ depth }) => depth === 0);
    this.#from = roots.reduce((earliest, { offset }) => Math.min(earliest, offset), 0);
    this.#length = roots.reduce((last, { offset, duration }) => Math.max(last, offset + duration), 0) - this.#from || 1;
    for (const piece of report.criticalPath) {
      const known = this.#pieces.get(piece.span);
      if (known) known.push(piece);
      else this.#pieces.set(piece.span, [piece]);
    }
  }

  /** The start and end times, as wide as the bars. */
  axis(): string {
    const [begin, end] = [milliseconds(this.#from).replace('0.00 ms', '0'), milliseconds(this.#from + this.#length)];
    return `${begin}${' '.repeat(Math.max(1, this.width - begin.length - end.length))}${end}`.slice(0, this.width);
  }

  bar(row: Operation, colour: Paint, dim: Paint): string {
    const first = this.#column(row.offset);
    const last = Math.max(first, this.#column(row.offset + row.duration, true));
    const pieces = this.#pieces.get(row.span.id) ?? [];
    let painted = ' '.repeat(first);
    for (let column = first; column <= last; column++) {
      const sign = this.#sign(row, pieces, column, first === last);
      painted += sign === WAITING || sign === ON_THE_WAY ? dim(sign) : colour(sign);
    }
    return painted + ' '.repeat(Math.max(0, this.width - last - 1));
  }

  /** What was running in the middle of the column, within the row's time. */
  #sign(row: Operation, pieces: readonly CriticalPiece[], column: number, only: boolean): string {
    // A critical piece is never hidden, however short.
    if (only && !isUnanswered(row)) return pieces.length > 0 ? OWN_CRITICAL : OWN;
    const from = Math.max(row.offset, this.#from + (column / this.width) * this.#length);
    const to = Math.min(row.offset + row.duration, this.#from + ((column + 1) / this.width) * this.#length);
    const middle = (from + to) / 2;
    const covers = (part: { offset: number; duration: number }): boolean =>
      part.offset <= middle && middle < part.offset + part.duration;
    const waits = row.children.some((child) => !child.span.detached && covers(child));
    if (row.call !== undefined ? !covers(row.span) : isUnanswered(row) && !waits) return ON_THE_WAY;
    if (pieces.some((piece) => piece.from <= middle && middle < piece.to)) return OWN_CRITICAL;
    return waits ? WAITING : OWN;
  }

  #column(offset: number, end = false): number {
    const exact = ((offset - this.#from) / this.#length) * this.width;
    return Math.min(this.width - 1, Math.max(0, end ? Math.ceil(exact) - 1 : Math.floor(exact)));
  }
}
