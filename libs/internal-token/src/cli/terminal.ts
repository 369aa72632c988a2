import pc from 'picocolors';

/** Where a command writes. */
export interface Terminal {
  readonly out: (text: string) => unknown;
  readonly error: (text: string) => unknown;
  readonly colours: boolean;
  /** Characters per line. Default 100. */
  readonly columns?: number;
  /** Whether a person watches the error output, which then shows the progress of long work. Default false. */
  readonly watched?: boolean;
  /** The piped input; absent at a keyboard. */
  readonly input?: AsyncIterable<Buffer>;
  /** Ends a command that runs until stopped. Default: SIGINT ends the process. */
  readonly signal?: AbortSignal;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
}

/** Shorter work shows no progress. */
const PATIENCE_MS = 500;
const REFRESH_MS = 100;

/** Output for people: colours, tables, times with their distance from now. */
export class Paper {
  readonly pen: ReturnType<typeof pc.createColors>;
  readonly now: () => number;

  readonly width: number;

  constructor(readonly terminal: Terminal) {
    this.pen = pc.createColors(terminal.colours);
    this.now = terminal.now ?? Date.now;
    this.width = terminal.columns ?? 100;
  }

  text(text: string): void {
    this.terminal.out(text);
  }

  line(text = ''): void {
    this.terminal.out(`${text}\n`);
  }

  json(value: unknown): void {
    this.terminal.out(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** A line on the error output that is overwritten repeatedly; it only appears when the work takes a while. */
  progress(): { show(text: string): void; clear(): void } {
    const started = this.now();
    let shown = 0;
    return {
      show: (text) => {
        const now = this.now();
        if (!this.terminal.watched || now - started < PATIENCE_MS || now - shown < REFRESH_MS) return;
        shown = now;
        this.terminal.error(`\r${this.pen.dim(text)}\x1b[K`);
      },
      clear: () => {
        if (shown > 0) this.terminal.error('\r\x1b[K');
      },
    };
  }

  warn(text: string): void {
    this.terminal.error(`${this.pen.yellow('!')} ${text}\n`);
  }

  /** Columns as wide as their widest cell; cells are measured before they are coloured. */
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
