// Instead of measuring: profiles our own target under the load of a part, and says where its time went.
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../scripts/lib/user-error.mjs';
import { textTable } from '../lib/table.mjs';
import { Contestant } from './contestant.mjs';
import { proveJob } from './prove-job.mjs';
import { inOrder, RequestSource } from './request-source.mjs';
import { timesOf } from './profile-times.mjs';

const root = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const SECONDS = 8;
const SHOWN = 30;
/** More than can be served in that time. */
const REQUESTS = 60_000;

export async function profile(part, world) {
  if (part.measures.of !== 'cpu') throw new UserError(`--profile is for CPU time, not for the ${part.name}.`);
  mkdirSync(root('dist/bench'), { recursive: true });
  const fileOf = (role) => root(`dist/bench/${part.name}-${role}.cpuprofile`);
  const roles = part
    .roles(world)
    .map(({ role, settings, ...more }) => ({ role, settings: { ...settings, profileTo: fileOf(role) }, ...more }));
  const nodeOptions = ['--import', fileURLToPath(new URL('profiler.mjs', import.meta.url))];
  const source = await RequestSource.create(part, world.identity);
  const contestant = await Contestant.start('ours', part.targets.ours, roles, { ...world, nodeOptions });
  const files = roles.map(({ role }) => fileOf(role));
  try {
    await proveJob(contestant, part, source, world.identity);
    const load = (count, seconds) =>
      contestant.slice(inOrder(source.heads(count), count), { ...part.load, seconds, lines: false });
    await load(part.warmUp);
    const startedAt = Date.now();
    signal(contestant);
    const { cost } = await load(REQUESTS, SECONDS);
    signal(contestant);
    await written(files, startedAt);
    console.log(`\n${part.title}: ${(cost / part.measures.scale).toFixed(0)} ${part.measures.unit}, with the profiler`);
  } finally {
    await contestant.stop();
  }
  for (const file of files) print(file);
}

/** The first begins the profiles, the second ends them. */
function signal({ processes }) {
  for (const { child } of processes) child.kill('SIGUSR2');
}

async function written(files, since) {
  const isThere = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs > since;
  for (let tries = 0; !files.every(isThere); tries += 1) {
    if (tries > 100) throw new Error('The profile was not written within 10 s.');
    await pause(100);
  }
  // A large file is there before it is complete.
  await pause(500);
}

function print(file) {
  const { functions, rooms } = timesOf(JSON.parse(readFileSync(file, 'utf8')));
  const percent = (share) => (share * 100).toFixed(1);
  const right = (title) => ({ title, align: 'right' });
  console.log(`\n${file}\n`);
  const byRoom = rooms.slice(0, SHOWN).map(({ name, own, total }) => [percent(own), percent(total), name]);
  console.log(textTable([right('own %'), right('with what it calls %'), { title: 'room' }], byRoom));
  const byFunction = functions.slice(0, SHOWN).map(({ name, room, own }) => [percent(own), room, name]);
  console.log(`\n${textTable([right('own %'), { title: 'room' }, { title: 'function' }], byFunction)}`);
}
