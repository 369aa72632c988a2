import { printable } from './printable.js';

const MAX_PATH = 4_096;

/** The input cannot be read or holds nothing to show; the message says what to do. */
export class TraceInputError extends Error {
  constructor(
    message: string,
    /** The file or directory that the error is about, if any. */
    readonly path?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'TraceInputError';
  }
}

/** @param error an error of the file system */
export function unreadable(path: string, error: unknown): TraceInputError {
  return new TraceInputError(describeFailure(path, error), path, { cause: error });
}

/** A sentence for people about a file that could not be read. */
export function describeFailure(name: string, error: unknown): string {
  // Names in a log directory may have been chosen by someone else.
  const path = printable(name, MAX_PATH);
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `${path} does not exist: name a file, a directory, or - for standard input.`;
    case 'EACCES':
    case 'EPERM':
      return `${path} is not readable for this user: change its permissions, or pipe it in (sudo cat … | itok …).`;
    case 'EMFILE':
    case 'ENFILE':
      return `${path} cannot be opened, because too many files are open: raise the limit (ulimit -n), or name fewer files.`;
    default:
      return `${path} cannot be read (${code ?? message}).`;
  }
}

export function isOfFileSystem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}
