/** One of several sources that are read side by side. */
export interface Turn {
  /** The time of its last line, in epoch milliseconds. */
  time: number;
  /** Resolves when this source is the furthest behind. */
  mine(): Promise<void>;
  /** Ends this source. */
  leave(): void;
}

interface Waiting {
  readonly turn: Turn;
  /** How many sources had entered before it. */
  readonly order: number;
  readonly go: () => void;
}

/**
 * Lets several sources take turns: once all of them wait, the one whose last line is the oldest continues. This merges
 * the logs of services by time, a chunk at a time, so that adding up requests does not need a whole file in memory.
 */
export class MergeByTime {
  #waiting: Waiting[] = [];
  #sources = 0;
  #entered = 0;

  /** Enters a source before it is opened: the others wait until it has data or has left. */
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
