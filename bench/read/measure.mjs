// Measures wall time, CPU time and peak memory of whole programs, interleaved: A B C, B C A, … Uses GNU time, because
// Node does not report the resource usage of a child.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { inTurns, median } from '../lib/statistics.mjs';

const TIME = '/usr/bin/time';
const USED = /(\S+) (\S+) (\S+) (\d+)\n$/;

/**
 * @param programs name → command with its arguments
 * @returns name → medians: seconds `wall` and `cpu`, megabytes `memory`; and the first `output`
 */
export function measure(programs, rounds) {
  if (!existsSync(TIME)) throw new Error(`${TIME} is missing: apt-get install time`);
  const names = Object.keys(programs);
  const runs = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of inTurns(names, round)) runs[name].push(run(programs[name]));
  }
  return Object.fromEntries(
    names.map((name) => {
      const of = (what) => median(runs[name].map((each) => each[what]));
      return [name, { wall: of('wall'), cpu: of('cpu'), memory: of('memory'), output: runs[name][0].output }];
    }),
  );
}

function run(command) {
  const timed = ['-q', '-f', '%e %U %S %M', ...command];
  const { status, stdout, stderr, error } = spawnSync(TIME, timed, { encoding: 'utf8', maxBuffer: 1e9 });
  if (error) throw error;
  const [, wall, user, system, kilobytes] = USED.exec(stderr) ?? [];
  if (status !== 0 || wall === undefined) throw new Error(`${command.join(' ')} exited with ${status}: ${stderr}`);
  return { wall: +wall, cpu: +user + +system, memory: +kilobytes / 1024, output: stdout };
}
