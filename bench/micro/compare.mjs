// Compares pieces of work in one run, interleaved: A B C, B C A, C A B, … Absolute times of a shared machine mean
// little, so each piece is also compared with the base of the same round.

import { inTurns, median } from '../lib/statistics.mjs';

const ROUNDS = 80;
const WARM_UP = 5;

/** Microseconds of CPU per call, and the difference to one call of the base. Medians of all rounds. */
export function compare(base, pieces, rounds = ROUNDS) {
  const names = Object.keys(pieces);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < WARM_UP + rounds; round += 1) {
    for (const name of inTurns(names, round)) {
      const { run, per } = pieces[name];
      const before = process.cpuUsage();
      for (let i = 0; i < per; i += 1) run(i);
      const { user, system } = process.cpuUsage(before);
      if (round >= WARM_UP) times[name].push((user + system) / per);
    }
  }
  return Object.fromEntries(
    names.map((name) => {
      const beside = median(times[name].map((time, round) => time - times[base][round]));
      const ratio = median(times[name].map((time, round) => time / times[base][round]));
      return [name, { time: median(times[name]), beside, ratio }];
    }),
  );
}

export function report(title, results) {
  console.log(`\n${title}`);
  for (const [name, { time, beside, ratio }] of Object.entries(results)) {
    console.log(
      `  ${name.padEnd(22)} ${fixed(time)} µs   ${beside === 0 ? '' : `${fixed(beside)} beside   × ${ratio.toFixed(2)}`}`,
    );
  }
}

const fixed = (number) => number.toFixed(2).padStart(8);
