/** Lets a number of requests in at a time. Others wait, first come, first served, while there is room in line. */
export class WaitingLine {
  #inside = 0;
  #admitting = false;
  readonly #waiting = new Set<() => void>();

  constructor(
    private readonly places: number,
    private readonly room: number,
  ) {}

  /**
   * @param go called when it is this one's turn: before this returns if there is a place
   * @returns gives up the place, or the wait for it; undefined if there is no room in line
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
    // One that leaves in its own turn makes room for the next in this very loop: a thousand do not nest.
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
