// Makes every suite a leak test as well (R115, R116): nothing it writes, and nothing the code under test passes to a
// logger at any level, even a disabled one, may hold a token or a private key.
import { inspect } from 'node:util';
import { afterAll, expect } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { LogLines } from './scripts/lib/log-lines.mjs';

const SECRET = /eyJ[\w-]{8,}\.eyJ[\w-]{8,}|-----BEGIN [A-Z ]*PRIVATE KEY|\bd["']?: ?["'][\w-]{40,}["']/;
// These specs log secrets on purpose, to test redaction.
const REDACTION = /\/internal-token\/src\/logging\//;

const leaks = [];
const examine = (where, text) => {
  const found = SECRET.exec(text);
  if (found) leaks.push(`${where}: …${text.slice(Math.max(0, found.index - 120), found.index + 24)}…`);
};

for (const level of ['log', 'error', 'warn', 'debug', 'verbose', 'fatal']) {
  for (const owner of [Logger, Logger.prototype]) {
    const original = owner[level];
    owner[level] = function (...given) {
      examine(`Logger.${level}`, inspect(given, { depth: 6, maxStringLength: 20_000 }));
      return original.apply(this, given);
    };
  }
}

const streams = [process.stdout, process.stderr].map((stream) => [stream, stream.write]);
for (const [stream, write] of streams) {
  stream.write = function (chunk, ...rest) {
    examine('output', String(chunk));
    return write.call(this, chunk, ...rest);
  };
}

afterAll(() => {
  for (const [stream, write] of streams) stream.write = write;
  for (const log of LogLines.all) {
    for (const { text } of log.lines) examine('process', text);
    for (const text of log.others) examine('process', text);
  }
  if (!REDACTION.test(expect.getState().testPath ?? '')) expect(leaks.slice(0, 5)).toEqual([]);
});
