import { randomInt } from 'node:crypto';
import { seeded } from '../topology/random.js';

interface DrillSizes<T> {
  /** For `npm test`: about a tenth. */
  readonly ci: T;
  /** For `npm run drills`. */
  readonly full: T;
}

/** How much of a drill is run. DRILLS=full, which `npm run drills` sets, runs all of it. */
export const drillSize = <T>({ ci, full }: DrillSizes<T>): T => (process.env['DRILLS'] === 'full' ? full : ci);

/** Runs a drill from a random seed, or from DRILL_SEED. A failure reports the seed. */
export async function seededDrill(drill: (random: () => number) => Promise<void>): Promise<void> {
  const seed = Number(process.env['DRILL_SEED'] ?? randomInt(2 ** 31));
  try {
    await drill(seeded(seed));
  } catch (error) {
    throw new Error(`The drill failed; repeat it with DRILL_SEED=${seed}: ${String(error)}`, { cause: error });
  }
}
