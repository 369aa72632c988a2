// A target that has been started and can be measured, slice by slice.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePorts } from '../../scripts/lib/free-ports.mjs';
import { Load } from './load.mjs';
import { cpuOfAll, machineTime, ServerProcess } from './server-process.mjs';

const READY_MS = 30_000;
/** In which a server accepts the connections of a slice. */
const ACCEPT_MS = 20;
/** In which it writes the lines: that of a request when its response has closed, after the client has read it. */
const LINES_MS = 2_000;
const MORE_LINES = 1.1;

export class Contestant {
  /**
   * @param roles the processes of the target, `{ role, settings }`, and the one that is loaded last; `linked` is the name
   *   under which it is told the address of the one before
   * @param world `directory` for files, `nodeOptions` for processes of Node
   */
  static async start(name, target, roles, { directory, nodeOptions = [] }) {
    const processes = [];
    let port;
    for (const { role, settings: own, linked } of roles) {
      const before = port === undefined || linked === undefined ? {} : { [linked]: `http://127.0.0.1:${port}` };
      [port] = await freePorts(1);
      const folder = join(directory, `${name} ${role}`.replaceAll(/\W+/g, '-'));
      mkdirSync(folder, { recursive: true });
      const all = { log: true, port, ...own, ...before, ...target.settings };
      const { command, args } = target.program(all, folder);
      const options = command === process.execPath ? nodeOptions : [];
      processes.push(new ServerProcess(role, { command, args: [...options, ...args], settings: all }, folder));
    }
    return new Contestant(name, target, processes, port);
  }

  constructor(name, target, processes, port) {
    Object.assign(this, { name, target, processes, port });
  }

  /** Waits until a request with these fields is answered. */
  async ready(path, newFields) {
    const end = performance.now() + READY_MS;
    for (;;) {
      const answer = await this.ask(path, newFields()).catch(() => undefined);
      if (answer?.status === 200) return;
      const dead = this.processes.find(({ exited }) => exited);
      if (dead !== undefined) throw new Error(`${this.name} has exited: ${dead.output()}`);
      if (performance.now() > end) throw new Error(`${this.name} is not ready, and answers ${answer?.status}`);
      await pause(100);
    }
  }

  ask(path, fields) {
    return fetch(`http://127.0.0.1:${this.port}${path}`, { headers: fields, signal: AbortSignal.timeout(5_000) });
  }

  /**
   * @param next gives the heads of requests
   * @param load how: `connections`; `seconds` at most; the `body`; `lines: false` where they are not counted
   * @returns `cost`: nanoseconds of CPU for each request; `foreign`: the share of the machine that other programs took
   */
  async slice(next, { connections, seconds, body, lines }) {
    const load = await Load.open(this.port, connections);
    try {
      await pause(ACCEPT_MS);
      for (const each of this.processes) each.dropOutput();
      const before = { cpu: this.cpu(), all: cpuOfAll(), machine: machineTime() };
      const requests = await load.run(next, { seconds, body });
      if (lines !== false) await this.#written(requests);
      const { busy, total } = machineTime();
      const foreign = busy - before.machine.busy - (cpuOfAll() - before.all);
      return {
        cost: (this.cpu() - before.cpu) / requests,
        foreign: Math.max(0, foreign / (total - before.machine.total)),
      };
    } catch (error) {
      throw new Error(`${this.name}: ${error.message}`, { cause: error });
    } finally {
      load.close();
    }
  }

  cpu() {
    return this.processes.reduce((sum, each) => sum + each.cpu(), 0);
  }

  memory() {
    return this.processes.reduce((sum, each) => sum + each.memory(), 0);
  }

  async stop() {
    await Promise.all(this.processes.map((each) => each.stop()));
  }

  /** A target that does not write its lines would look cheapest. */
  async #written(requests) {
    const wanted = requests * this.target.lines;
    const lines = () => this.processes.reduce((sum, each) => sum + each.lines(), 0);
    const end = performance.now() + LINES_MS;
    while (lines() < wanted && performance.now() < end) await pause(10);
    const written = lines();
    // On a busy machine a request may be open for a second, and gets a line that says so.
    if (written < wanted || written > wanted * MORE_LINES)
      throw new Error(`${written} lines for ${requests} requests, expected ${wanted}`);
  }
}
