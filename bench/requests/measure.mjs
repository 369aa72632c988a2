// Measures a part in interleaved rounds.
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
 * @returns `costs` by target, one for each round; how many `rounds` there were, how many of
 *   them `calm`, and whether, for want of those, all are `disturbed`
 */
export async function measure(part, world) {
  const source = await RequestSource.create(part, world.identity);
  const end = performance.now() + part.seconds * 1_000;
  const enough = Math.min(ENOUGH, part.rounds);
  const all = [];
  let calm = [];
  const rounds = part.anew ? startedAnew(part, source, world) : longRunning(part, source, world);
  for await (const slices of rounds) {
    all.push(slices);
    calm = all.filter((each) => Object.values(each).every(({ foreign }) => foreign < DISTURBED));
    if (calm.length >= part.rounds || all.length >= 2 * part.rounds) break;
    if (performance.now() > end && all.length >= enough) break;
  }
  const disturbed = calm.length < enough;
  const used = disturbed ? all : calm;
  const costs = Object.keys(part.targets).map((name) => [name, used.map((slices) => slices[name].cost)]);
  return { costs: Object.fromEntries(costs), rounds: all.length, calm: calm.length, disturbed };
}

/** Rounds of targets that stay up. */
async function* longRunning(part, source, world) {
  const contestants = [];
  try {
    for (const name of Object.keys(part.targets)) {
      const contestant = await start(name, part, source, world);
      contestants.push(contestant);
      await warmUp(contestant, part, source);
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
}

/** Rounds of targets that start anew for each. */
async function* startedAnew(part, source, world) {
  for (let round = 0; ; round += 1) {
    const slices = {};
    for (const name of inTurns(Object.keys(part.targets), round)) {
      const contestant = await start(name, part, source, world);
      try {
        await warmUp(contestant, part, source);
        const heads = source.heads(part.load.requests);
        const slice = contestant.slice(inOrder(heads, part.load.requests), part.load);
        const memory = await sampleUntil(slice, () => contestant.memory());
        slices[name] = await slice;
        // Of the second half: the heap has grown by then.
        if (part.measures.of === 'memory') slices[name].cost = median(memory.slice(memory.length / 2));
      } finally {
        await contestant.stop();
      }
    }
    yield slices;
  }
}

async function warmUp(contestant, part, source) {
  // The tokens are minted now: internal ones live for a minute.
  const { warmUp: requests = part.warmUp } = contestant.target;
  if (requests > 0) await contestant.slice(inOrder(source.heads(requests), requests), part.load);
}

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
