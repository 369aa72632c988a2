import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import { entryOf, ROOT } from './build.mjs';
import { UserError } from './user-error.mjs';

/** Limits for what never starts or never ends, not measurements: machines are slow and busy. */
const START_LIMIT_MS = 180_000;
const STOP_LIMIT_MS = 60_000;
const POLL_MS = 50;

/** An application in its own process. */
export class Application {
  /**
   * Resolves with how it ended, after all of its output has been read.
   * @type {Promise<{ readonly code: number | null, readonly signal: NodeJS.Signals | null }>}
   */
  ended;
  #child;
  #errors = '';

  /**
   * @param {string} name of the application: gateway, catalog, …
   * @param {Readonly<Record<string, string | undefined>>} environment the complete environment
   * @param {readonly string[]} [program] what Node runs, by default the built application
   * @param {string} [directory] its working directory
   */
  constructor(name, environment, program = [entryOf(name)], directory = ROOT) {
    this.name = name;
    this.#child = spawn(process.execPath, program, {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment,
    });
    this.#child.stderr.on('data', (chunk) => (this.#errors = `${this.#errors}${chunk}`.slice(-4000)));
    this.ended = once(this.#child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  get stdout() {
    return this.#child.stdout;
  }

  get stderr() {
    return this.#child.stderr;
  }

  /** The last lines of its error output. */
  get errors() {
    return this.#errors;
  }

  /** Waits for its end. @returns {Promise<string>} how it ended, in words */
  async howItEnded() {
    const { code, signal } = await this.ended;
    return signal === null ? `${this.name} exited with code ${code}` : `${this.name} was killed by ${signal}`;
  }

  get hasEnded() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Waits until `url` answers 200. */
  async untilAnswering(url) {
    const deadline = Date.now() + START_LIMIT_MS;
    while (!(await answers(url))) {
      if (this.hasEnded) {
        throw new UserError(`${this.name} stopped while starting: ${await this.howItEnded()}.\n${this.#errors.trim()}`);
      }
      if (Date.now() > deadline) {
        throw new UserError(`${this.name} did not start in ${START_LIMIT_MS / 1000} s.\n${this.#errors.trim()}`);
      }
      await delay(POLL_MS);
    }
  }

  /** @returns whether it stopped by itself when asked to */
  async stop() {
    if (!this.hasEnded) this.#child.kill('SIGTERM');
    const inTime = await Promise.race([this.ended.then(() => true), delay(STOP_LIMIT_MS, false, { ref: false })]);
    if (!inTime) await this.kill();
    return inTime;
  }

  /** Sends a signal without waiting. */
  signal(signal) {
    this.#child.kill(signal);
  }

  /** Kills it at once. */
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
