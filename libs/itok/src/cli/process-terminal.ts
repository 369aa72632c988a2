import { fstatSync } from 'node:fs';
import type { Terminal } from './terminal.js';

/** The terminal, pipe or file that this process was started with. */
export function processTerminal(): Terminal {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  // A reader such as head may have read enough.
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? 0 : 1));
  return {
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(text),
    colours: process.stdout.isTTY === true && process.stdout.hasColors(),
    ...(process.stdout.isTTY && { columns: process.stdout.columns }),
    watched: process.stderr.isTTY,
    ...(isPiped() && { input: process.stdin }),
    signal: stop.signal,
  };
}

/** A pipe or a file is; a keyboard and /dev/null are not. */
function isPiped(): boolean {
  try {
    const input = fstatSync(0);
    return input.isFIFO() || input.isFile() || input.isSocket();
  } catch {
    return false;
  }
}
