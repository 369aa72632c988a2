// Runs every gate in order. `npm run verify -- --except tests` leaves gates out; a failing gate does not stop the
// others.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import pc from 'picocolors';

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

const results = GATES.filter(([gate]) => !values.except.includes(gate)).map(([gate, script]) => {
  console.log(pc.bold(`\n▶ ${gate}`) + pc.dim(`  npm run ${script}`));
  const started = performance.now();
  const { status } = spawnSync('npm', ['run', '--silent', script], { stdio: ['ignore', 'inherit', 'inherit'] });
  return { gate, script, passed: status === 0, seconds: ((performance.now() - started) / 1000).toFixed(1) };
});

console.log('');
for (const { gate, script, passed, seconds } of results) {
  const verdict = passed ? pc.green('✓') : pc.red('✗');
  console.log(`${verdict} ${gate.padEnd(12)} ${pc.dim(`${seconds} s`)}${passed ? '' : `   run: npm run ${script}`}`);
}
const failed = results.filter(({ passed }) => !passed).length;
console.log(`\ngates: ${results.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
