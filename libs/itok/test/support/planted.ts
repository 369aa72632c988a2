import { readFileSync } from 'node:fs';
import { idOf, linesOf } from '../../../../scripts/lib/capture-builder.mjs';
import { CAPTURES } from '../../../../scripts/lib/captures.mjs';
import type { Line } from '../../src/trace/index.js';
import { parseLine } from '../../src/trace/parse-line.js';

/** What happened, in the words of scripts/lib/capture-builder.mjs. */
export interface Step {
  readonly service: string;
  readonly op: string;
  readonly kind?: string;
  readonly at: number;
  readonly dur: number;
  readonly process?: string;
  readonly calls?: readonly Step[];
  readonly [more: string]: unknown;
}

/** Lines as a reader of a log gets them. */
export function linesFrom(root: Step, options: { txn?: string; clocks?: Record<string, number> } = {}): Line[] {
  return linesOf(root as Parameters<typeof linesOf>[0], options).map((line) => parsed(JSON.stringify(line)));
}

/** The lines of one file in test/captures. */
export function planted(name: string): Line[] {
  const file = new URL(`../../../../test/captures/${name}.ndjson`, import.meta.url);
  return readFileSync(file, 'utf8').trimEnd().split('\n').map(parsed);
}

export const CAPTURE_NAMES: readonly string[] = Object.keys(CAPTURES);

export { idOf };

function parsed(text: string): Line {
  const line = parseLine(text);
  if (typeof line === 'string') throw new Error(`${line}: ${text}`);
  return line;
}
