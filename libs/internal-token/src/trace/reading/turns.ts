/** One of several sources that are read side by side. */
export interface Turn {
  /** The time of its last line, in epoch milliseconds. */
  time: number;
  /** Resolves when this source is the one that is furthest behind. */
  mine(): Promise<void>;
  /** It has nothing more. */
  leave(): void;
}

interface Waiting {
  readonly turn: Turn;
  /** How many had entered before it. */
  readonly order: number;
  readonly go: () => void;
}

/**
 * Lets several sources take turns: when all of them wait, the one goes on whose last line is the oldest. Logs of
 * services are merged by time that way, a piece at a time, and whoever adds requests up need not hold a whole file.
 */
export class Turns {
  #waiting: Waiting[] = [];
  #sources = 0;
  #entered = 0;

  /** Before a source is opened: the others wait until it has something, or has left. */
  enter(): Turn {
    this.#sources++;
    const order = this.#entered++;
    const turn: Turn = {
      time: -Infinity,
      mine: () =>
        new Promise((go) => {
          this.#waiting.push({ turn, order, go });
          this.#next();
        }),
      leave: () => {
        this.#sources--;
        this.#next();
      },
    };
    return turn;
  }

  #next(): void {
    if (this.#waiting.length === 0 || this.#waiting.length < this.#sources) return;
    const next = this.#waiting.reduce((oldest, each) => (isBefore(each, oldest) ? each : oldest));
    this.#waiting = this.#waiting.filter((each) => each !== next);
    next.go();
  }
}

function isBefore(a: Waiting, b: Waiting): boolean {
  return a.turn.time < b.turn.time || (a.turn.time === b.turn.time && a.order < b.order);
}
