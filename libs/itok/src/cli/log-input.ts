import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { format, type LogReading, readLog, type ReadLogOptions, TraceInputError } from '../trace/index.js';
import type { Paper } from './terminal.js';

/** Where processes write their lines in development. */
const DEVELOPMENT_LOG = join('.dev', 'log');

export const INPUT_HELP = `
Where lines come from
  files, directories (every file in them that looks like a log), compressed with gzip or zstd or not,
  and - for piped input. Without any: the piped input, or else .dev/log, where processes write in
  development.`;

/** The paths to read. @throws TraceInputError if there are none */
export function placesToRead(given: readonly string[], { terminal }: Paper): readonly string[] {
  if (given.length > 0) return given;
  if (terminal.input !== undefined) return ['-'];
  if (existsSync(DEVELOPMENT_LOG)) return [DEVELOPMENT_LOG];
  throw new TraceInputError(
    'Nothing to read: name files or directories with log lines, or pipe them in (… | itok trace <id>).',
  );
}

/** Reads everything, and shows the progress if that takes a while. */
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

/** An error that says what is missing, what was read, and what to do. */
export function nothingFound(what: string, reading: LogReading, advice: string): TraceInputError {
  return new TraceInputError(`${what} (${readingNote(reading).join('; ')}). ${advice}`);
}

/** No line shows the end of a request that is still running or has no caller outside. */
export const NO_END = {
  what: 'No request has ended in these logs',
  advice: 'The first process called, the gateway, logs the end: add its log.',
} as const;

/** What was read, for the end of the output. */
export function readingNote({ lines, bytes, broken, files, problems }: LogReading): string[] {
  const skipped = broken > 0 ? `; ${format.count(broken)} of them broken and skipped` : '';
  return [
    `read ${format.plural(lines, 'line')} of ${format.plural(files, 'file')}, ${format.bytes(bytes)}${skipped}`,
    ...problems,
  ];
}
