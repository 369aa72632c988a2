import { createInterface } from 'node:readline';

/** The JSON lines that processes write, as they come; other output is kept separately. */
export class LogLines {
  /** Every log of this program, to search all of them for secrets. */
  static all = new Set();

  lines = [];
  others = [];
  #byTransaction = new Map();
  #awaited = [];

  constructor() {
    LogLines.all.add(this);
  }

  /** @param process the name of the writing process: the lines name the domain, not the process it runs in */
  read(stream, process) {
    createInterface({ input: stream }).on('line', (text) => this.#take(text, process));
  }

  #take(text, process) {
    if (text.trim() === '') return;
    const line = parseObject(text);
    if (line === undefined) {
      this.others.push(text);
      return;
    }
    const entry = { ...line, text, process };
    this.lines.push(entry);
    const same = this.#byTransaction.get(entry.txn);
    if (same) same.push(entry);
    else this.#byTransaction.set(entry.txn, [entry]);
    for (const { matches, resolve } of this.#awaited) if (matches(entry)) resolve(entry);
    this.#awaited = this.#awaited.filter(({ matches }) => !matches(entry));
  }

  /** The next line that matches, as soon as it is written. */
  next(matches) {
    return new Promise((resolve) => this.#awaited.push({ matches, resolve }));
  }

  ofTransaction(txn) {
    return [...(this.#byTransaction.get(txn) ?? [])];
  }
}

function parseObject(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
