/** Texts of at most this length are remembered. */
const MAX_LENGTH = 128;
const MAX_TEXTS = 1_000;

/**
 * Short texts that a check has found harmless, so that names which are on many lines (operations, routes, members) are
 * checked once. A harmful text is never kept, and when there are too many, all are forgotten.
 */
export class HarmlessTexts {
  readonly #texts = new Set<string>();

  has(text: string): boolean {
    return text.length <= MAX_LENGTH && this.#texts.has(text);
  }

  add(text: string): void {
    if (text.length > MAX_LENGTH) return;
    if (this.#texts.size >= MAX_TEXTS) this.#texts.clear();
    this.#texts.add(text);
  }

  get size(): number {
    return this.#texts.size;
  }
}
