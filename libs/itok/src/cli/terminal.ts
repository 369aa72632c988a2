import pc from 'picocolors';

/** Where a command writes. */
export interface Terminal {
  readonly out: (text: string) => unknown;
  readonly error: (text: string) => unknown;
  readonly colours: boolean;
  /** Characters a line. Default 100. */
  readonly columns?: number;
  /** Whether a person watches the error output: long work shows its progress there. Default false. */
  readonly watched?: boolean;
  /** What is piped in; absent at a keyboard. */
  readonly input?: AsyncIterable<Buffer>;
  /** Ends a command that goes on until it is stopped. Default: SIGINT ends the process. */
  readonly signal?: AbortSignal;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
}

/** What is done sooner needs no progress. */
const PATIENCE_MS = 500;
const REFRESH_MS = 100;

/** Writes for people: a few colours, warnings, progress. */
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

  /** One line on the error output that is written over and over; nothing unless it takes a while. */
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
}
