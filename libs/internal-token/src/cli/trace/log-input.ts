import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { format, type LogReading, readLog, type ReadLogOptions, TraceInputError } from '../../trace/index.js';
import type { Paper } from '../terminal.js';

/** Where processes in development write their lines. */
const DEVELOPMENT_LOG = join('.dev', 'log');

export const INPUT_HELP = `
Where lines come from
  files, directories (everything in them that looks like a log), packed with gzip or zstd or not, and - for what is piped in.
  Without any: what is piped in, else .dev/log, where processes write in development.`;

/** The places to read. @throws TraceInputError if there are none */
export function placesToRead(given: readonly string[], { terminal }: Paper): readonly string[] {
  if (given.length > 0) return given;
  if (terminal.input !== undefined) return ['-'];
  if (existsSync(DEVELOPMENT_LOG)) return [DEVELOPMENT_LOG];
  throw new TraceInputError(
    'Nothing to read: name files or directories with log lines, or pipe them in (… | itok trace <id>).',
  );
}

/** Reads all of it, showing how far it is where that takes a while. */
export async function read(
  places: readonly string[],
  paper: Paper,
  options: Pick<ReadLogOptions, 'onLine' | 'contains'>,
): Promise<LogReading> {
  const { input, signal } = paper.terminal;
  const progress = paper.progress();
  try {
    return await readLog(places, {
      ...options,
      onProgress: (read, of) => progress.show(of > 0 ? `reading … ${format.percent(read / of)}` : 'reading …'),
      ...(input && { stdin: input }),
      ...(signal && { signal }),
    });
  } finally {
    progress.clear();
  }
}

/** Nothing to show: what is missing, what was read, and what to do. */
export function nothingFound(what: string, reading: LogReading, advice: string): TraceInputError {
  return new TraceInputError(`${what} (${readingNote(reading).join('; ')}). ${advice}`);
}

/** Of a request that was still going on, or was not called by anybody outside, nobody tells the end. */
export const NO_END = {
  what: 'No request has ended in what was read',
  advice: 'Its end is told by whoever was called first, the gateway: add the log of that one.',
} as const;

/** What was read, for the end of an answer. */
export function readingNote({ lines, bytes, broken, files, problems }: LogReading): string[] {
  const skipped = broken > 0 ? `; ${format.count(broken)} of them broken, and skipped` : '';
  return [
    `read ${format.plural(lines, 'line')} of ${format.plural(files, 'file')}, ${format.bytes(bytes)}${skipped}`,
    ...problems,
  ];
}
