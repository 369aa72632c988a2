// Measures a part in interleaved rounds: targets that stay up, or, for memory, targets that start anew each round.
import { setTimeout as pause } from 'node:timers/promises';
import { inTurns, median } from '../lib/statistics.mjs';
import { Contestant } from './contestant.mjs';
import { proveJob } from './prove-job.mjs';
import { inOrder, RequestSource } from './request-source.mjs';

/** The share of the machine that other programs may take during a slice. */
const DISTURBED = 0.15;
/** With so many calm rounds the others are left out. */
const ENOUGH = 7;
const SAMPLE_MS = 50;

/**
 * @param world `identity`, `directory`, and the settings that the processes of every target share
 * @returns `costs` by target, one for each round; how many `rounds` there were, and how many of them `calm`
 */
export async function measure(part, world) {
  const source = await RequestSource.create(part, world.identity);
  const end = performance.now() + part.seconds * 1_000;
  const enough = Math.min(ENOUGH, part.rounds);
  const all = [];
  let calm = [];
  for await (const slices of roundsOf[part.measures.of](part, source, world)) {
    all.push(slices);
    calm = all.filter((each) => Object.values(each).every(({ foreign }) => foreign < DISTURBED));
    if (calm.length >= part.rounds || all.length >= 2 * part.rounds) break;
    if (performance.now() > end && all.length >= enough) break;
  }
  const used = calm.length >= enough ? calm : all;
  const costs = Object.keys(part.targets).map((name) => [name, used.map((slices) => slices[name].cost)]);
  return { costs: Object.fromEntries(costs), rounds: all.length, calm: calm.length };
}

const roundsOf = {
  /** CPU time. */
  async *cpu(part, source, world) {
    const contestants = [];
    try {
      for (const name of Object.keys(part.targets)) {
        const contestant = await start(name, part, source, world);
        contestants.push(contestant);
        // Minted now: by the turn of the last target they would have expired.
        const { warmUp = part.warmUp } = contestant.target;
        await contestant.slice(inOrder(source.heads(warmUp), warmUp), part.load);
      }
      for (let round = 0; ; round += 1) {
        const heads = source.heads(part.load.requests);
        const slices = {};
        for (const each of inTurns(contestants, round)) {
          slices[each.name] = await each.slice(inOrder(heads, part.load.requests), part.load);
        }
        yield slices;
      }
    } finally {
      await Promise.all(contestants.map((each) => each.stop()));
    }
  },

  /** Resident memory during the second half of a load. */
  async *memory(part, source, world) {
    for (let round = 0; ; round += 1) {
      const slices = {};
      for (const name of inTurns(Object.keys(part.targets), round)) {
        const contestant = await start(name, part, source, world);
        try {
          const heads = source.heads(part.load.requests);
          const slice = contestant.slice(inOrder(heads, part.load.requests), part.load);
          const samples = await sampleUntil(slice, () => contestant.memory());
          slices[name] = { ...(await slice), cost: median(samples.slice(samples.length / 2)) };
        } finally {
          await contestant.stop();
        }
      }
      yield slices;
    }
  },
};

async function start(name, part, source, world) {
  const contestant = await Contestant.start(name, part.targets[name], part.roles(world), world);
  try {
    await proveJob(contestant, part, source, world.identity);
  } catch (error) {
    await contestant.stop();
    throw error;
  }
  return contestant;
}

async function sampleUntil(work, sample) {
  const samples = [];
  let over = false;
  const ended = work.finally(() => (over = true));
  while (!over) {
    samples.push(sample());
    await Promise.race([ended, pause(SAMPLE_MS)]);
  }
  return samples;
}
