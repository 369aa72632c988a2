// What every benchmark here computes: medians and quartiles, because single figures of a shared machine mean little.

/** Median and quartiles; between two values, interpolated. */
export function quartiles(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share) => {
    const position = (sorted.length - 1) * share;
    const [low, high] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]];
    return low + (high - low) * (position % 1);
  };
  return { low: at(0.25), median: at(0.5), high: at(0.75) };
}

export const median = (values) => quartiles(values).median;

/** The order of a round: A B C, then B C A, then C A B, so that none gets all the quiet moments. */
export function inTurns(list, round) {
  const first = round % list.length;
  return [...list.slice(first), ...list.slice(0, first)];
}
