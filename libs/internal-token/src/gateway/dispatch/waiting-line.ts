import { LinkedSet } from '../../core/index.js';

/** A request that waits for a place. */
export interface Waiting {
  /** It has one; called before `enter` returns, if there was one at once. */
  onPlace(): void;
}

/** Limits the number of concurrent requests. Others wait in order of arrival, while there is room in the line. */
export class WaitingLine {
  readonly #inside = new LinkedSet<Waiting>();
  readonly #waiting = new LinkedSet<Waiting>();
  #admitting = false;

  constructor(
    private readonly places: number,
    private readonly room: number,
  ) {}

  /** @returns false if there is neither a place nor room in the line */
  enter(request: Waiting): boolean {
    if (this.#inside.size >= this.places && this.#waiting.size >= this.room) return false;
    this.#waiting.add(request);
    this.#admit();
    return true;
  }

  /** The request gives up its place, or no longer waits for one. */
  leave(request: Waiting): void {
    if (!this.#waiting.delete(request) && this.#inside.delete(request)) this.#admit();
  }

  #admit(): void {
    // A request that leaves in its own turn makes room for the next in this same loop, so calls do not nest.
    if (this.#admitting) return;
    this.#admitting = true;
    try {
      for (const request of this.#waiting) {
        if (this.#inside.size >= this.places) return;
        this.#waiting.delete(request);
        this.#inside.add(request);
        request.onPlace();
      }
    } finally {
      this.#admitting = false;
    }
  }
}
