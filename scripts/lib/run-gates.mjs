import { spawnSync } from 'node:child_process';
import pc from 'picocolors';

const LONGEST = 120;

/**
 * Runs every gate in order, also after one has failed, and prints how long each took.
 *
 * @param {readonly { readonly gate: string, readonly command: readonly string[] }[]} gates
 * @returns {boolean} whether all of them passed
 */
export function runGates(gates) {
  const results = gates.map(({ gate, command: [program, ...args] }) => {
    const shown = shortened([program, ...args].join(' '));
    console.log(pc.bold(`\n▶ ${gate}`) + pc.dim(`  ${shown}`));
    const started = performance.now();
    const { status } = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    return { gate, shown, passed: status === 0, seconds };
  });

  console.log('');
  for (const { gate, shown, passed, seconds } of results) {
    const verdict = passed ? pc.green('✓') : pc.red('✗');
    console.log(`${verdict} ${gate.padEnd(12)} ${pc.dim(`${seconds} s`)}${passed ? '' : `   run: ${shown}`}`);
  }
  const failed = results.filter(({ passed }) => !passed).length;
  console.log(`\ngates: ${results.length - failed} passed, ${failed} failed`);
  return failed === 0;
}

function shortened(text) {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
