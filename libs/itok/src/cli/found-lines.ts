import { format, type Line, sizeOf, TraceInputError } from '../trace/index.js';

/** The limits: a request has tens to thousands of lines. */
export interface Bounds {
  /** Default 500,000. */
  readonly lines?: number;
  /** Characters of all lines together. Default 200 million. */
  readonly characters?: number;
}

/** The lines of the requests whose ids begin or end with the given digits. */
export class FoundLines {
  readonly requests = new Map<string, Line[]>();
  readonly #bounds: Required<Bounds>;
  #lines = 0;
  #characters = 0;

  constructor(
    private readonly id: string,
    { lines = 500_000, characters = 200e6 }: Bounds = {},
  ) {
    this.#bounds = { lines, characters };
  }

  /** @throws TraceInputError above the limits */
  add(line: Line): void {
    if (!line.txn.startsWith(this.id) && !line.txn.endsWith(this.id)) return;
    this.#lines++;
    this.#characters += sizeOf(line);
    if (this.#lines > this.#bounds.lines || this.#characters > this.#bounds.characters) throw this.#tooMuch();
    const known = this.requests.get(line.txn);
    if (known === undefined) this.requests.set(line.txn, [line]);
    else known.push(line);
  }

  #tooMuch(): TraceInputError {
    const { lines, characters } = this.#bounds;
    const bound = `${format.plural(lines, 'line')} or ${format.count(characters / 1e6)} million characters`;
    const fix =
      this.requests.size > 1
        ? `Several requests have such an id: give more digits.`
        : `Leave some out, such as those for debugging: grep -hv '"level":"debug"' … | itok trace ${this.id}`;
    return new TraceInputError(`${this.id} has more than ${bound}, which is the limit. ${fix}`);
  }
}
