import type { Line } from '../line.js';
import { MAX_LINE, parseLine } from '../parse-line.js';

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const BRACE = 0x7d;

/** Counts of the lines read, and of those that were not used. */
export interface LineCounts {
  /** As `wc -l` counts, plus a last line without a line break. */
  lines: number;
  /** Bytes of text, uncompressed. */
  bytes: number;
  /** Not JSON objects, objects that lack a required member, too long, or the rest of a damaged archive. */
  broken: number;
  /** Well-formed, but not about a request, or without the text searched for. */
  unrelated: number;
}

export const noCounts = (): LineCounts => ({ lines: 0, bytes: 0, broken: 0, unrelated: 0 });

export interface LineSplitterOptions {
  readonly onLine: (line: Line) => void;
  /** Parse only lines that contain one of these. Of the others, those that do not end in a brace count as broken. */
  readonly needles?: readonly Buffer[] | undefined;
}

/**
 * Cuts chunks of bytes into lines and parses them. Holds at most one incomplete line, no longer than {@link MAX_LINE}.
 * Filters lines by their bytes: decoding costs more than searching.
 */
export class LineSplitter {
  readonly #onLine: (line: Line) => void;
  readonly #needles: readonly Buffer[] | undefined;
  /** The beginning of a line whose end has not arrived yet. */
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(
    { onLine, needles }: LineSplitterOptions,
    private readonly counts: LineCounts,
  ) {
    this.#onLine = onLine;
    this.#needles = needles;
  }

  /** @param chunk is copied if it must be kept: the caller may reuse it */
  push(chunk: Buffer): void {
    this.counts.bytes += chunk.length;
    const last = chunk.lastIndexOf(NEWLINE);
    if (last < 0) return this.#hold(chunk);
    let start = 0;
    if (this.#heldBytes > 0) {
      start = chunk.indexOf(NEWLINE) + 1;
      this.#hold(chunk.subarray(0, start));
      this.end();
    }
    if (this.#needles === undefined) this.#parseAll(chunk, start, last + 1);
    else this.#search(chunk, start, last + 1, this.#needles);
    this.#hold(chunk.subarray(last + 1));
  }

  /** Ends the input: what is held is the last line. */
  end(): void {
    if (this.#heldBytes === 0) return;
    const whole = this.#heldBytes <= MAX_LINE ? Buffer.concat(this.#held) : undefined;
    this.#forget();
    if (whole === undefined) {
      this.counts.lines++;
      this.counts.broken++;
    } else if (this.#needles?.every((needle) => !whole.includes(needle))) this.#pass(whole, 0, textEnd(whole));
    else this.#parse(whole, 0, textEnd(whole));
  }

  /** The rest is lost (a damaged archive, a file cut off while it was read). Counts as one broken line. */
  breakOff(): void {
    this.#forget();
    this.counts.lines++;
    this.counts.broken++;
  }

  #hold(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#heldBytes += chunk.length;
    if (this.#heldBytes <= MAX_LINE) this.#held.push(Buffer.from(chunk));
    else this.#held = [];
  }

  #forget(): void {
    this.#held = [];
    this.#heldBytes = 0;
  }

  #parseAll(chunk: Buffer, from: number, to: number): void {
    for (let start = from; start < to;) {
      const end = chunk.indexOf(NEWLINE, start);
      this.#parse(chunk, start, end);
      start = end + 1;
    }
  }

  #search(chunk: Buffer, from: number, to: number, needles: readonly Buffer[]): void {
    const hits = needles.map((needle) => nextHit(chunk, needle, from));
    for (let start = from; start < to;) {
      const end = chunk.indexOf(NEWLINE, start);
      let hit = false;
      for (let index = 0; index < hits.length; index++) {
        // The last match ends before this line; search again only from here.
        if ((hits[index] as number) >= end) continue;
        hit = true;
        hits[index] = nextHit(chunk, needles[index] as Buffer, end + 1);
      }
      if (hit) this.#parse(chunk, start, end);
      else this.#pass(chunk, start, end);
      start = end + 1;
    }
  }

  #parse(chunk: Buffer, start: number, end: number): void {
    this.counts.lines++;
    if (isBlank(chunk, start, end)) return;
    if (end - start > MAX_LINE) {
      this.counts.broken++;
      return;
    }
    const line = parseLine(chunk.toString('utf8', start, end));
    if (line === 'broken') this.counts.broken++;
    else if (line === 'unrelated') this.counts.unrelated++;
    else this.#onLine(line);
  }

  /** Counts a line that is not parsed. */
  #pass(chunk: Buffer, start: number, end: number): void {
    this.counts.lines++;
    if (isBlank(chunk, start, end)) return;
    if (chunk[chunk[end - 1] === RETURN ? end - 2 : end - 1] === BRACE) this.counts.unrelated++;
    else this.counts.broken++;
  }
}

function nextHit(chunk: Buffer, needle: Buffer, from: number): number {
  const at = chunk.indexOf(needle, from);
  return at < 0 ? chunk.length : at;
}

function textEnd(line: Buffer): number {
  return line.at(-1) === NEWLINE ? line.length - 1 : line.length;
}

function isBlank(chunk: Buffer, start: number, end: number): boolean {
  return end === start || (end === start + 1 && chunk[start] === RETURN);
}
