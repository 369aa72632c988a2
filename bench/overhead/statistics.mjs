import { quartiles } from '../lib/statistics.mjs';

/**
 * What every variant costs compared with the first, within each round: a temporarily slow machine slows all of them.
 *
 * @param rounds of each variant: `{ cpu, memory }` per round
 */
export function compareWithFirst(variants, rounds) {
  const [base] = rounds;
  return variants.map((variant, index) => ({
    variant,
    each: rounds[index].map(({ cpu }) => cpu),
    cpu: quartiles(rounds[index].map(({ cpu }) => cpu)),
    more: quartiles(rounds[index].map(({ cpu }, round) => cpu - base[round].cpu)),
    ratio: quartiles(rounds[index].map(({ cpu }, round) => cpu / base[round].cpu)),
    memory: rounds[index].at(-1).memory,
  }));
}

/** Compares the log line with OpenTelemetry's cheapest variant, whose spans are discarded. Pairs of the same round. */
export function compareLineWithOpenTelemetry({ title, results }) {
  const [line, openTelemetry] = ['log line', 'OpenTelemetry'].map((name) =>
    results.find(({ variant }) => variant.name === name),
  );
  const saved = openTelemetry.each.map((cpu, round) => cpu - line.each[round]);
  const won = saved.filter((microseconds) => microseconds > 0).length / saved.length;
  return { title, line, openTelemetry, saved: quartiles(saved), won };
}
