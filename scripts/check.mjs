// The inner loop: the gates that a change can fail, on the files that it touches and the tests related to them. Suites
// that start the shop or a browser run only if they are changed themselves. The change is what the upstream branch does
// not have, or what differs from a commit: `npm run check -- HEAD`.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { runGates } from './lib/run-gates.mjs';

const JEST = ['npm', 'test', '--silent', '--'];
const END_TO_END = /^test\/(?:topology|page)\//;
const SOURCE = /^(?:apps|libs|test|scripts|bench)\/.*\.(?:m?js|ts)$/;

const [since = mergeBase()] = process.argv.slice(2);
const changed = lines('git', 'diff', '--name-only', since);
const added = lines('git', 'ls-files', '--others', '--exclude-standard');
const files = [...changed, ...added].filter((file) => existsSync(file));
if (files.length === 0) {
  console.log(`Nothing differs from ${since}.`);
  process.exit();
}

const sources = files.filter((file) => SOURCE.test(file));
const tests = relatedTests(sources);
const passed = runGates([
  { gate: 'format', command: ['prettier', '--check', '--ignore-unknown', '--log-level', 'warn', ...files] },
  ...(sources.length > 0
    ? [
        { gate: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings', ...sources] },
        { gate: 'types', command: ['npm', 'run', '--silent', 'typecheck'] },
        { gate: 'boundaries', command: ['npm', 'run', '--silent', 'boundaries'] },
      ]
    : []),
  ...(tests.length > 0 ? [{ gate: 'tests', command: [...JEST, '--runTestsByPath', ...tests] }] : []),
]);
process.exitCode = passed ? 0 : 1;

function relatedTests(sources) {
  if (sources.length === 0) return [];
  return lines(...JEST, '--listTests', '--findRelatedTests', ...sources)
    .map((path) => relative('.', path))
    .filter((test) => sources.includes(test) || !END_TO_END.test(test));
}

/** HEAD where the branch has no upstream. */
function mergeBase() {
  const { status, stdout } = spawnSync('git', ['merge-base', 'HEAD', '@{upstream}'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : 'HEAD';
}

function lines(program, ...args) {
  return execFileSync(program, args, { encoding: 'utf8' }).split('\n').filter(Boolean);
}
