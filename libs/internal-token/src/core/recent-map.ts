/**
 * A bounded map for what is cheap to work out again. It has two generations: what is asked for moves to the younger one,
 * and the older one goes when that is full. So frequent keys stay, and a look-up costs little more than a Map's.
 */
export class RecentMap<K, V> {
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  /** @param size of a generation; at most twice as many entries are held */
  constructor(private readonly size: number) {}

  get(key: K): V | undefined {
    const known = this.#young.get(key);
    if (known !== undefined) return known;
    const aged = this.#old.get(key);
    if (aged !== undefined) this.set(key, aged);
    return aged;
  }

  set(key: K, value: V): void {
    if (this.#young.size >= this.size) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  delete(key: K): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
