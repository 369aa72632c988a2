import { milliseconds, percent, plural } from '../format.js';
import type { CriticalPiece, TraceReport } from '../report.js';
import { fit, outcomePaint, type Paint, serviceColours, type Style, widthOf } from './pen.js';
import { type Row, rowsOf } from './rows.js';

export interface WaterfallOptions {
  /** Callers' halves as rows of their own. Default false. */
  readonly everySpan?: boolean;
  /** Rows at the most; the longest are shown. Default 200. */
  readonly limit?: number;
  /** Lines of application code under their spans. Default true. */
  readonly notes?: boolean;
}

const OWN_CRITICAL = '█';
const OWN = '▓';
const WAITING = '░';
const ON_THE_WAY = '╌';

const MAX_LABEL = 56;
const MIN_BAR = 12;
const NUMBERS = ['total', 'own', 'crit', 'token'] as const;
const NUMBER_WIDTH = 8;
const GAP = '  ';

/** One line an operation: who, what, when within the whole, how long; and the lines that were written in it. */
export function renderWaterfall(report: TraceReport, style: Style, options: WaterfallOptions = {}): string[] {
  const { everySpan = false, limit = 200, notes = true } = options;
  const { pen, width } = style;
  const rows = rowsOf(report, { merge: !everySpan, limit });
  const colourOf = serviceColours(report.services, pen);
  const labels = rows.map(({ branch, span }) => `${branch}${span.service}  ${span.op}`);
  const label = Math.min(MAX_LABEL, Math.max(...labels.map(widthOf)));
  const bar = Math.max(MIN_BAR, width - label - NUMBERS.length * (NUMBER_WIDTH + 1) - GAP.length);
  const scale = new Scale(report, bar);

  const head = `${' '.repeat(label)}${GAP}${scale.axis()}${NUMBERS.map((name) => ` ${name.padStart(NUMBER_WIDTH)}`).join('')}`;
  const lines = rows.flatMap((row) => {
    const colour = colourOf(row.span.service);
    const columns = numbersOf(row, report).map((text) => ` ${text.padStart(NUMBER_WIDTH)}`);
    const first = `${paintLabel(row, label, colour, style)}${GAP}${scale.bar(row, colour, pen.dim)}`;
    return [`${first}${columns.join('')}${ending(row, style)}`.trimEnd(), ...(notes ? notesOf(row, style) : [])];
  });
  const hidden = report.spans.length - rows.reduce((sum, { call }) => sum + (call ? 2 : 1), 0);
  if (hidden > 0) lines.push(pen.dim(`… ${plural(hidden, 'shorter span')} not shown (--limit)`));
  return [pen.dim(head), ...lines, pen.dim(legend(rows))];
}

function legend(rows: readonly Row[]): string {
  const way = rows.some(({ call }) => call !== undefined) ? `   ${ON_THE_WAY} on the way` : '';
  return `${OWN_CRITICAL} own work on the critical path   ${OWN} own work beside it   ${WAITING} waiting for others${way}`;
}

function paintLabel({ branch, span }: Row, width: number, colour: Paint, { pen }: Style): string {
  const text = fit(`${branch}${span.service}  ${span.op}`, width);
  const from = Math.min(branch.length, text.length);
  const to = Math.min(from + span.service.length, text.length);
  return `${pen.dim(text.slice(0, from))}${colour(text.slice(from, to))}${text.slice(to)}`;
}

function numbersOf({ span, duration, critical }: Row, report: TraceReport): string[] {
  const share = report.duration > 0 ? critical / report.duration : 0;
  return [
    `${milliseconds(duration)}`,
    milliseconds(span.self),
    share > 0 ? percent(share) : '',
    span.token === undefined ? '' : age(span.token.age),
  ];
}

/** Claims tell times in whole seconds, so an age does not know better. */
function age(milliseconds: number): string {
  return `${Math.max(0, milliseconds / 1000).toFixed(1)} s`;
}

function ending({ span }: Row, { pen }: Style): string {
  const { status, failed, open, err } = span;
  if (open) return ` ${pen.yellow('no end')}`;
  const why = err?.code ?? err?.type;
  if (!failed && status !== 'error' && !(Number(status) >= 400)) return '';
  return ` ${outcomePaint(failed, status, pen)(`${failed ? '✗' : '!'} ${why ?? status ?? 'failed'}`)}`;
}

function notesOf({ notes, children, continuation }: Row, { pen, width }: Style): string[] {
  const indent = `${continuation}${children.length > 0 ? '│' : ' '}  `;
  return notes.map(({ level, msg, context, offset }) => {
    const text = `${indent}+${milliseconds(offset)} ${level}${context === undefined ? '' : ` [${context}]`}: ${msg}`;
    const line = fit(text.replaceAll('\n', ' '), Math.max(width, 40)).trimEnd();
    return level === 'error' || level === 'fatal' ? pen.red(line) : level === 'warn' ? pen.yellow(line) : pen.dim(line);
  });
}

class Scale {
  readonly #from: number;
  readonly #length: number;
  readonly #pieces = new Map<string, CriticalPiece[]>();

  constructor(
    report: TraceReport,
    private readonly width: number,
  ) {
    this.#from = Math.min(0, ...report.spans.filter(({ depth }) => depth === 0).map(({ offset }) => offset));
    const ends = report.spans.filter(({ depth }) => depth === 0).map(({ offset, duration }) => offset + duration);
    this.#length = Math.max(...ends, report.duration) - this.#from || 1;
    for (const piece of report.criticalPath) {
      const known = this.#pieces.get(piece.span);
      if (known) known.push(piece);
      else this.#pieces.set(piece.span, [piece]);
    }
  }

  /** The beginning and the end, in as many columns as the bars have. */
  axis(): string {
    const [begin, end] = [milliseconds(this.#from).replace('0.00 ms', '0'), milliseconds(this.#from + this.#length)];
    return `${begin}${' '.repeat(Math.max(1, this.width - begin.length - end.length))}${end}`.slice(0, this.width);
  }

  bar(row: Row, colour: Paint, dim: Paint): string {
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

  /** What was going on in the middle of the column, as far as the row reaches into it. */
  #sign(row: Row, pieces: readonly CriticalPiece[], column: number, only: boolean): string {
    // A critical piece, however short, is never hidden.
    if (only) return pieces.length > 0 ? OWN_CRITICAL : OWN;
    const from = Math.max(row.offset, this.#from + (column / this.width) * this.#length);
    const to = Math.min(row.offset + row.duration, this.#from + ((column + 1) / this.width) * this.#length);
    const middle = (from + to) / 2;
    const covers = (part: { offset: number; duration: number }): boolean =>
      part.offset <= middle && middle < part.offset + part.duration;
    if (row.call !== undefined && !covers(row.span)) return ON_THE_WAY;
    if (pieces.some((piece) => piece.from <= middle && middle < piece.to)) return OWN_CRITICAL;
    return row.children.some(covers) ? WAITING : OWN;
  }

  #column(offset: number, end = false): number {
    const exact = ((offset - this.#from) / this.#length) * this.width;
    return Math.min(this.width - 1, Math.max(0, end ? Math.ceil(exact) - 1 : Math.floor(exact)));
  }
}
