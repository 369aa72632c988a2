/** Digits of an id that a number holds exactly: the last ones, which are random in every kind of id. */
const DIGITS = 13;

/** The hexadecimal ids that were added last, in about 20 bytes each; a set of strings takes a hundred. */
export class IdSet {
  #recent: Float64Array;
  #older: Float64Array | undefined;
  #size = 0;

  /** @param atLeast how many are remembered; up to twice as many. Default: half a million, in 8 to 16 MB */
  constructor(private readonly atLeast = 2 ** 19) {
    this.#recent = this.#empty();
  }

  add(id: string): void {
    const key = keyOf(id);
    if (this.#size >= this.atLeast) {
      this.#older = this.#recent;
      this.#recent = this.#empty();
      this.#size = 0;
    }
    const slot = slotOf(this.#recent, key);
    if (this.#recent[slot] === key) return;
    this.#recent[slot] = key;
    this.#size++;
  }

  has(id: string): boolean {
    const key = keyOf(id);
    return holds(this.#recent, key) || (this.#older !== undefined && holds(this.#older, key));
  }

  /** Half of the slots stay empty, so that a lookup takes a step or two. */
  #empty(): Float64Array {
    return new Float64Array(this.atLeast * 2);
  }
}

/** An empty slot holds 0. */
function keyOf(id: string): number {
  return Number.parseInt(id.slice(-DIGITS), 16) + 1;
}

function holds(keys: Float64Array, key: number): boolean {
  return keys[slotOf(keys, key)] === key;
}

/** The slot of a key, or where to put it: open addressing (Knuth, The Art of Computer Programming, 6.4). */
function slotOf(keys: Float64Array, key: number): number {
  let slot = (Math.imul((key / 2 ** 26) ^ key, 0x9e3779b1) >>> 0) % keys.length;
  while (keys[slot] !== 0 && keys[slot] !== key) slot = (slot + 1) % keys.length;
  return slot;
}
