// `node --import ./profiler.mjs`: SIGUSR2 begins a CPU profile of this process, and ends it; BENCH says where it goes.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

const SAMPLING_MICROSECONDS = 200;
const { profileTo } = JSON.parse(process.env.BENCH);
const session = new Session();
let running = false;

process.on('SIGUSR2', () => void toggle());

async function toggle() {
  if (running) {
    const { profile } = await session.post('Profiler.stop');
    writeFileSync(profileTo, JSON.stringify(profile));
    return;
  }
  running = true;
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_MICROSECONDS });
  await session.post('Profiler.start');
}
