import pc from 'picocolors';

/** Where a command writes. */
export interface Terminal {
  readonly out: (text: string) => unknown;
  readonly error: (text: string) => unknown;
  readonly colours: boolean;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
}

/** Writes output for people: colours, tables, and times with how far away they are. */
export class Paper {
  readonly pen: ReturnType<typeof pc.createColors>;
  readonly now: () => number;
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.pen = pc.createColors(terminal.colours);
    this.now = terminal.now ?? Date.now;
  }

  line(text = ''): void {
    this.#terminal.out(`${text}\n`);
  }

  json(value: unknown): void {
    this.#terminal.out(`${JSON.stringify(value, null, 2)}\n`);
  }

  warn(text: string): void {
    this.#terminal.error(`${this.pen.yellow('!')} ${text}\n`);
  }

  /** Prints columns as wide as their widest cell. Cells are coloured after they are measured. */
  table(
    head: readonly string[],
    rows: readonly (readonly string[])[],
    paint: (row: number) => (text: string) => string,
  ): void {
    const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
    const pad = (cells: readonly string[]) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
    this.line(this.pen.dim(pad(head).trimEnd()));
    rows.forEach((row, index) => this.line(paint(index)(pad(row).trimEnd())));
  }

  /** `2026-03-01 14:05:30Z` */
  time(at: number): string {
    return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`;
  }

  /** `2026-03-01 14:05:30Z (in 5 min 30 s)` */
  moment(at: number): string {
    const away = Math.ceil((at - this.now()) / 1000);
    return `${this.time(at)} (${away > 0 ? `in ${duration(away)}` : away === 0 ? 'now' : `${duration(-away)} ago`})`;
  }
}

/** The two largest units: `5 min 30 s`, `3 d 2 h`. */
function duration(seconds: number): string {
  const parts: string[] = [];
  let rest = Math.round(seconds);
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0 && parts.length < 2) parts.push(`${count} ${unit}`);
  }
  return parts.join(' ') || '0 s';
}
