// What the costs of a part's rounds say: medians, ratios, and whether they keep to the gates.
import { quartiles } from '../lib/statistics.mjs';

/**
 * The cost of every target, and its ratios to those that the part is compared with.
 * @param costs by target, one for each round
 */
export function rowsOf({ targets, comparedWith, measures }, costs) {
  return Object.entries(targets).map(([name, { what }]) => ({
    name,
    what,
    cost: quartiles(costs[name].map((cost) => cost / measures.scale)),
    // Within a round: a machine that was slow for a moment was slow for both.
    ratios: comparedWith.map((to) => ({ to, ...quartiles(costs[name].map((cost, round) => cost / costs[to][round])) })),
  }));
}

/** What gates say of a part's rows. `passed` is undefined where there is only a goal. */
export function verdictsOf(part, rows, gates) {
  const ours = rows.find(({ name }) => name === 'ours');
  return gates
    .filter((each) => each.part === part)
    .map(({ to, gate, goal }) => {
      const ratio = ours.ratios.find((each) => each.to === to);
      const passed = gate === undefined ? undefined : ratio.median <= gate;
      return { part, to, ratio, gate, goal, passed, reached: ratio.median <= goal };
    });
}
