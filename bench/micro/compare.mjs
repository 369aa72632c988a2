// Compares pieces of work in one run, interleaved: A B C, B C A, C A B, … Absolute times of a shared machine mean
// little, so each piece is also compared with the base of the same round.

const ROUNDS = 80;

/** Microseconds of CPU per call, and the difference to one call of the base. Medians of all rounds. */
export function compare(base, pieces, rounds = ROUNDS) {
  const names = Object.keys(pieces);
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -5; round < rounds; round += 1) {
    const first = (round + names.length * 5) % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const { run, per } = pieces[name];
      const before = process.cpuUsage();
      for (let i = 0; i < per; i += 1) run(i);
      const { user, system } = process.cpuUsage(before);
      // The first rounds warm up.
      if (round >= 0) times[name].push((user + system) / per);
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

/** Goal and gate of one measurement; exceeding the gate fails the run. */
export function judge(what, value, goal, gate, unit = 'µs') {
  const verdict = value <= goal ? 'goal reached' : value <= gate ? 'within the gate' : 'OVER THE GATE';
  console.log(`  → ${what}: ${value.toFixed(2)} ${unit} (goal ${goal}, gate ${gate}): ${verdict}`);
  if (value > gate) process.exitCode = 1;
}

const fixed = (number) => number.toFixed(2).padStart(8);

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
