// Makes every suite a test of the log contract as well: each line that it writes, or that a process it starts writes,
// must match the published schema.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, expect } from '@jest/globals';
import { LogLines } from './scripts/lib/log-lines.mjs';

// Loaded by Node, which caches it for all suites of this process; jest would load and compile it for each.
const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);
const { faultOf } = require('./test/support/log-line/validate.mjs');

const CHANNEL = 'nestjs-internal-token:log-line';
const SHOWN = 5;

const invalid = [];
const examine = (line, text = () => JSON.stringify(line)) => {
  if (invalid.length === SHOWN) return;
  const fault = faultOf(line);
  if (fault !== undefined) invalid.push({ fault, line: text() });
};
const listener = (line) => examine(line);

subscribe(CHANNEL, listener);

afterAll(() => {
  unsubscribe(CHANNEL, listener);
  for (const log of LogLines.all) for (const { text } of log.lines) examine(JSON.parse(text), () => text);
  expect(invalid).toEqual([]);
});
