interface Link<T> {
  readonly item: T | undefined;
  previous: Link<T>;
  next: Link<T>;
}

/**
 * A set of objects that come and go, in the order in which they came. A `Set` that changes all the time leaves tables
 * behind that refer to each other and to the objects they held: once one of them is old, the garbage collector copies
 * everything that follows. Here nothing that has left is referred to.
 */
export class LinkedSet<T extends object> implements Iterable<T> {
  readonly #key = Symbol('LinkedSet');
  readonly #end: Link<T>;
  #size = 0;

  constructor() {
    const end = { item: undefined } as Link<T>;
    end.previous = end;
    end.next = end;
    this.#end = end;
  }

  get size(): number {
    return this.#size;
  }

  has(item: T): boolean {
    return this.#linkOf(item) !== undefined;
  }

  add(item: T): void {
    if (this.has(item)) return;
    const { previous } = this.#end;
    const link = { item, previous, next: this.#end };
    previous.next = link;
    this.#end.previous = link;
    // Not enumerable: printing an item must not print its neighbours.
    Object.defineProperty(item, this.#key, { value: link, writable: true, configurable: true });
    this.#size += 1;
  }

  /** @returns false if it was not there */
  delete(item: T): boolean {
    const link = this.#linkOf(item);
    if (link === undefined) return false;
    link.previous.next = link.next;
    link.next.previous = link.previous;
    // It may lead an iteration back to older items, never on to younger ones.
    link.next = this.#end;
    (item as Record<symbol, Link<T> | undefined>)[this.#key] = undefined;
    this.#size -= 1;
    return true;
  }

  /** Goes on when items are added or deleted meanwhile. */
  *[Symbol.iterator](): Generator<T> {
    for (let link = this.#end.next; link.item !== undefined; link = link.next) {
      yield link.item;
      while (link.item !== undefined && this.#linkOf(link.item) !== link) link = link.previous;
    }
  }

  #linkOf(item: T): Link<T> | undefined {
    return (item as Record<symbol, Link<T> | undefined>)[this.#key];
  }
}
