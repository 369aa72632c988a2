import { createInterface } from 'node:readline';

/** The JSON lines that a process writes, as they come; what is no JSON object is kept apart. */
export class LogLines {
  lines = [];
  others = [];

  constructor(stream) {
    createInterface({ input: stream }).on('line', (text) => this.#take(text));
  }

  #take(text) {
    if (text.trim() === '') return;
    try {
      const line = JSON.parse(text);
      if (typeof line === 'object' && line !== null) this.lines.push({ ...line, text });
      else this.others.push(text);
    } catch {
      this.others.push(text);
    }
  }

  ofTransaction(txn) {
    return this.lines.filter((line) => line.txn === txn);
  }
}
