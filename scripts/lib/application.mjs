import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import { entryOf, ROOT } from './build.mjs';
import { UserError } from './user-error.mjs';

/** For what never starts or never ends, not measures: machines are slow and busy. */
const START_LIMIT_MS = 180_000;
const STOP_LIMIT_MS = 60_000;
const POLL_MS = 50;

/** An application as a process. */
export class Application {
  /** Resolves with a sentence about how it ended, when everything it has written has been read. */
  ended;
  #child;
  #errors = '';

  /**
   * @param {string} name of the application: gateway, catalog, …
   * @param {Readonly<Record<string, string | undefined>>} environment all of it
   * @param {readonly string[]} [program] what Node runs, by default the application as it was built
   * @param {string} [directory] where it runs
   */
  constructor(name, environment, program = [entryOf(name)], directory = ROOT) {
    this.name = name;
    this.#child = spawn(process.execPath, program, {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment,
    });
    this.#child.stderr.on('data', (chunk) => (this.#errors = `${this.#errors}${chunk}`.slice(-4000)));
    this.ended = once(this.#child, 'close').then(([code, signal]) =>
      signal === null ? `${name} ended with code ${code}` : `${name} was ended by ${signal}`,
    );
  }

  get stdout() {
    return this.#child.stdout;
  }

  get stderr() {
    return this.#child.stderr;
  }

  /** What it said last on its error output. */
  get errors() {
    return this.#errors;
  }

  get hasEnded() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Waits until `url` answers 200. */
  async untilAnswering(url) {
    const deadline = Date.now() + START_LIMIT_MS;
    while (!(await answers(url))) {
      if (this.hasEnded) {
        throw new UserError(`${this.name} stopped while starting: ${await this.ended}.\n${this.#errors.trim()}`);
      }
      if (Date.now() > deadline) {
        throw new UserError(`${this.name} did not start in ${START_LIMIT_MS / 1000} s.\n${this.#errors.trim()}`);
      }
      await delay(POLL_MS);
    }
  }

  /** @returns whether it ended by itself when asked to */
  async stop() {
    if (!this.hasEnded) this.#child.kill('SIGTERM');
    const inTime = await Promise.race([this.ended.then(() => true), delay(STOP_LIMIT_MS, false, { ref: false })]);
    if (!inTime) await this.kill();
    return inTime;
  }

  /** Sends a signal, and waits for nothing. */
  signal(signal) {
    this.#child.kill(signal);
  }

  /** Ends it without a chance to do anything. */
  async kill() {
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}

async function answers(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}
