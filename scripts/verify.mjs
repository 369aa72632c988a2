// Runs every gate in order. `npm run verify -- --except tests` leaves gates out; a failing gate does not stop the
// others.
import { parseArgs } from 'node:util';
import { runGates } from './lib/run-gates.mjs';

const GATES = [
  ['format', 'format:check'],
  ['lint', 'lint'],
  ['boundaries', 'boundaries'],
  ['types', 'typecheck'],
  ['unused', 'knip'],
  ['docs', 'docs:check'],
  ['tests', 'test'],
  ['build', 'build'],
  ['package', 'build:package'],
  ['try package', 'package:try'],
  ['demo', 'demo'],
  ['demo:split', 'demo:split'],
];

const { values } = parseArgs({ options: { except: { type: 'string', multiple: true, default: [] } } });
const unknown = values.except.filter((name) => !GATES.some(([gate]) => gate === name));
if (unknown.length > 0) {
  console.error(`No such gate: ${unknown.join(', ')}. There are: ${GATES.map(([gate]) => gate).join(', ')}.`);
  process.exit(2);
}

const gates = GATES.filter(([gate]) => !values.except.includes(gate));
const passed = runGates(gates.map(([gate, script]) => ({ gate, command: ['npm', 'run', '--silent', script] })));
process.exitCode = passed ? 0 : 1;
