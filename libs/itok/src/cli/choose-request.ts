import { statSync } from 'node:fs';
import { isWhole, type Line, summaryOf, type RequestSummary, TraceInputError } from '../trace/index.js';
import type { Paper } from './terminal.js';
import { NO_END, nothingFound, read } from './log-input.js';

/** Requests that can be named by their outcome, without an id. */
const CHOICES: Readonly<Record<string, (a: RequestSummary, b: RequestSummary) => RequestSummary>> = {
  last: (a, b) => (b.startedAt + b.duration >= a.startedAt + a.duration ? b : a),
  slowest: (a, b) => (b.duration > a.duration ? b : a),
  failed: (a, b) => (b.failed && (!a.failed || b.startedAt >= a.startedAt) ? b : a),
};

/** A whole id, or its first or last digits, as logs for people show it. */
const ID = /^[0-9a-f]{6,32}$/;

/** As other tools write ids: in upper case, with the dashes of a UUID. */
export function asRequest(word: string): string {
  const id = word.toLowerCase().replaceAll('-', '');
  return ID.test(id) ? id : word;
}

export function looksLikeRequest(word: string): boolean {
  return Object.hasOwn(CHOICES, word) || ID.test(word);
}

/** A word such as `last` names a request that has already ended. @throws TraceInputError */
export function checkAwaited(word: string | undefined): void {
  if (word === undefined || !Object.hasOwn(CHOICES, word)) return;
  throw new TraceInputError(`"${word}" names a request that has ended: leave out --follow, or give an id to wait for.`);
}

/** @throws TraceInputError if it cannot name a request */
export function checkRequest(word: string | undefined): asserts word is string {
  const ways = `its id, at least 6 digits from its beginning or its end, or ${Object.keys(CHOICES).join(', ')}`;
  if (word === undefined) throw new TraceInputError(`Which request? Give ${ways}.`);
  if (!looksLikeRequest(word)) throw new TraceInputError(`"${word}" does not name a request: give ${ways}.`);
}

/**
 * The id that a word such as `last` stands for, or the word itself if it is an id or part of one.
 * @throws TraceInputError if there is none
 */
export async function chooseRequest(word: string, places: readonly string[], paper: Paper): Promise<string> {
  const better = Object.hasOwn(CHOICES, word) ? CHOICES[word] : undefined;
  if (better === undefined) return word;
  if (places.some(isReadOnce)) {
    throw new TraceInputError(`"${word}" reads the logs twice, and a pipe can be read only once: name files.`);
  }
  let best: RequestSummary | undefined;
  const onLine = (line: Line): void => {
    if (!isWhole(line)) return;
    const request = summaryOf(line);
    best = best === undefined ? request : better(best, request);
  };
  const reading = await read(places, paper, { onLine, contains: 'end' });
  if (best === undefined || (word === 'failed' && !best.failed)) {
    throw best === undefined
      ? nothingFound(NO_END.what, reading, NO_END.advice)
      : nothingFound('No request that failed has ended in these logs', reading, 'Add older logs, or give an id.');
  }
  return best.txn;
}

/** Standard input, and named pipes such as the shell's `<(…)`. */
function isReadOnce(place: string): boolean {
  if (place === '-') return true;
  const facts = statSync(place, { throwIfNoEntry: false });
  return facts !== undefined && !facts.isFile() && !facts.isDirectory();
}
