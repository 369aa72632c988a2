/** Median and quartiles. */
function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.round((sorted.length - 1) * share)];
  return { low: at(0.25), median: at(0.5), high: at(0.75) };
}

/**
 * What every variant costs beside the first, compared within each round: a machine that is slow for a while is slow for
 * all of them.
 *
 * @param rounds of each variant: `{ cpu, memory }` a round
 */
export function compareWithFirst(variants, rounds) {
  const [base] = rounds;
  return variants.map((variant, index) => ({
    variant,
    each: rounds[index].map(({ cpu }) => cpu),
    cpu: spread(rounds[index].map(({ cpu }) => cpu)),
    more: spread(rounds[index].map(({ cpu }, round) => cpu - base[round].cpu)),
    ratio: spread(rounds[index].map(({ cpu }, round) => cpu / base[round].cpu)),
    memory: rounds[index].at(-1).memory,
  }));
}

/** The log line against OpenTelemetry with what is cheapest for it: spans that nobody gets. Pairs of the same round. */
export function compareLineWithOpenTelemetry({ title, results }) {
  const [line, openTelemetry] = ['log line', 'OpenTelemetry'].map((name) =>
    results.find(({ variant }) => variant.name === name),
  );
  const saved = openTelemetry.each.map((cpu, round) => cpu - line.each[round]);
  const won = saved.filter((microseconds) => microseconds > 0).length / saved.length;
  return { title, line, openTelemetry, saved: spread(saved), won };
}
