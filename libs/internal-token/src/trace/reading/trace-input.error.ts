import { printable } from './printable.js';

const MAX_PATH = 4_096;

/** What was asked for cannot be read, or says nothing; the message tells what to do. */
export class TraceInputError extends Error {
  constructor(
    message: string,
    /** The file or directory, where it is about one. */
    readonly path?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'TraceInputError';
  }
}

/** @param error of the file system */
export function unreadable(path: string, error: unknown): TraceInputError {
  return new TraceInputError(describeFailure(path, error), path, { cause: error });
}

/** One sentence about a file that could not be read, for people. */
export function describeFailure(name: string, error: unknown): string {
  // A directory of logs may hold names that somebody else has chosen.
  const path = printable(name, MAX_PATH);
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `${path} does not exist: name a file, a directory, or - for standard input.`;
    case 'EACCES':
    case 'EPERM':
      return `${path} must not be read by this user: change its permissions, or pipe it in (sudo cat … | itok …).`;
    case 'EMFILE':
    case 'ENFILE':
      return `${path} cannot be opened beside so many others: raise the limit (ulimit -n), or name fewer files.`;
    default:
      return `${path} cannot be read (${code ?? message}).`;
  }
}

export function isOfFileSystem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}
