import { jest } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleProcess } from '../../../test/support/bundle-process.mjs';
import type { LogLine } from '../src/logging/index.js';

// Starts processes.
jest.setTimeout(300_000);

const source = fileURLToPath(new URL('../../../test/support/log-output/last-lines.ts', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'last-lines-'));
const SCRIPT = '/usr/bin/script';
let program: string;

/** How a shell runs `$0 $1 $2` with a kind of standard output, and prints what was written there. */
const outputs = {
  'a file': '"$0" "$1" "$2" > "$1.out"; cat "$1.out"',
  'a pipe': '"$0" "$1" "$2" | cat',
  'a terminal': `${SCRIPT} -qec "exec '$0' '$1' '$2' 2> /dev/null" /dev/null`,
};
const present = Object.entries(outputs).filter(([name]) => name !== 'a terminal' || existsSync(SCRIPT));

const messages = (lines: string): string[] =>
  lines
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as LogLine).msg);

beforeAll(async () => {
  program = await bundleProcess(source, directory);
});
afterAll(() => rmSync(directory, { recursive: true }));

describe.each(present)('A process that logs to %s', (_, command) => {
  const run = (what: string): string[] =>
    messages(spawnSync('sh', ['-c', command, process.execPath, program, what], { encoding: 'utf8' }).stdout);

  it.each([
    ['returns', []],
    ['exits', []],
    ['throws', ['The process ends: uncaught exception']],
    ['rejects', ['The process ends: unhandled rejection']],
    ['is asked to end', []],
    ['is killed', []],
    ['logs when nothing is left to do', ['before the exit']],
    ['logs when it exits', ['at the exit']],
  ])('R165: loses no line if it %s right after logging', (what, more) => {
    expect(run(what)).toEqual(['one', 'two', 'three', ...more]);
  });

  it('keeps the order of its lines and those that others write', () => {
    expect(run('beside others')).toEqual(['1', '2', '3', '4', '5']);
  });
});
