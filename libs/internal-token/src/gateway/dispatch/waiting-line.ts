/** Limits the number of concurrent requests. Others wait in order of arrival, while there is room in the line. */
export class WaitingLine {
  #inside = 0;
  #admitting = false;
  readonly #waiting = new Set<() => void>();

  constructor(
    private readonly places: number,
    private readonly room: number,
  ) {}

  /**
   * @param go called when the request gets a place; before this returns, if there is one
   * @returns the function that gives up the place or stops waiting for it; undefined if there is no room in the line
   */
  enter(go: () => void): (() => void) | undefined {
    if (this.#inside >= this.places && this.#waiting.size >= this.room) return undefined;
    let present = true;
    const turn = (): void => go();
    this.#waiting.add(turn);
    this.#admit();
    return () => {
      if (!present) return;
      present = false;
      if (this.#waiting.delete(turn)) return;
      this.#inside--;
      this.#admit();
    };
  }

  #admit(): void {
    // A request that leaves in its own turn makes room for the next in this same loop, so calls do not nest.
    if (this.#admitting) return;
    this.#admitting = true;
    try {
      for (const turn of this.#waiting) {
        if (this.#inside >= this.places) return;
        this.#waiting.delete(turn);
        this.#inside++;
        turn();
      }
    } finally {
      this.#admitting = false;
    }
  }
}
