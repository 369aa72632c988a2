import type { Terminal } from './terminal.js';

/** The terminal, pipe or file that this process was started with. */
export function processTerminal(): Terminal {
  // A reader such as head may close the pipe early.
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? 0 : 1));
  return {
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(text),
    colours: process.stdout.isTTY === true && process.stdout.hasColors(),
  };
}
