// A process under measurement, and what the kernel's books say of it (Linux: /proc).
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, ftruncateSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

const CORES = availableParallelism();
/** Measured processes have the last core; the driver and the service behind gateways share the others. */
export const PINNED = CORES > 1 && spawnSync('taskset', ['--version']).status === 0;
const MEASURED = String(CORES - 1);
const OTHERS = `0-${CORES - 2}`;

export function pinDriver() {
  if (PINNED) spawnSync('taskset', ['--all-tasks', '--pid', '--cpu-list', OTHERS, String(process.pid)]);
}

/** The unit of /proc/stat. */
const TICK = 1e7;

const running = new Set();
process.on('exit', () => {
  for (const { child } of running) child.kill('SIGKILL');
});

/** CPU time of the driver and of every process that it has started, in nanoseconds. */
export function cpuOfAll() {
  const { user, system } = process.cpuUsage();
  return [...running].reduce((sum, each) => sum + each.cpu(), (user + system) * 1_000);
}

/** Nanoseconds of all cores since the machine started: `busy`, and `total`. */
export function machineTime() {
  const [line] = readFileSync('/proc/stat', 'latin1').split('\n', 1);
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const [, , , idle, waiting] = ticks;
  const total = ticks.reduce((sum, each) => sum + each);
  return { total: total * TICK, busy: (total - idle - waiting) * TICK };
}

export class ServerProcess {
  #file;
  #output;

  /** Standard output goes to a file, of every target alike. */
  constructor(name, { command, args, settings, measured = true }, directory) {
    this.#file = join(directory, `${name}.out`);
    // Append mode: a truncated file is written from its beginning.
    this.#output = openSync(this.#file, 'a');
    const pin = PINNED ? ['taskset', '--cpu-list', measured ? MEASURED : OTHERS] : [];
    const [program, ...rest] = [...pin, command, ...args];
    const env = { ...process.env, NODE_ENV: 'production', BENCH: JSON.stringify(settings) };
    this.child = spawn(program, rest, { stdio: ['ignore', this.#output, 'inherit'], env });
    this.child.on('exit', () => running.delete(this));
    running.add(this);
  }

  get exited() {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** User and system time of all threads, in nanoseconds. */
  cpu() {
    const tasks = `/proc/${this.child.pid}/task`;
    return ifThere(() => readdirSync(tasks), []).reduce((sum, task) => {
      const [ran] = ifThere(() => readFileSync(`${tasks}/${task}/schedstat`, 'latin1'), '0').split(' ');
      return sum + Number(ran);
    }, 0);
  }

  /** Resident memory, in bytes. */
  memory() {
    const status = ifThere(() => readFileSync(`/proc/${this.child.pid}/status`, 'latin1'), '');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
  }

  output() {
    return readFileSync(this.#file, 'utf8');
  }

  lines() {
    return readFileSync(this.#file, 'latin1').split('\n').length - 1;
  }

  dropOutput() {
    ftruncateSync(this.#output, 0);
  }

  async stop() {
    if (!this.exited) {
      this.child.kill('SIGKILL');
      await once(this.child, 'exit');
    }
    closeSync(this.#output);
  }
}

/** A thread may end while its books are read. */
function ifThere(read, otherwise) {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
