import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { freePorts, isListening } from './free-ports.mjs';
import { LogLines } from './log-lines.mjs';
import { UserError } from './user-error.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NEST = join(ROOT, 'node_modules/@nestjs/cli/bin/nest.js');
const ENTRY = join(ROOT, 'dist/apps/gateway/apps/gateway/src/main.js');
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 10_000;

// What the shell has set for another start must not decide what this one is.
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'SystemRoot', 'LANG'];

export async function buildMonolith() {
  const build = spawn(process.execPath, [NEST, 'build', 'gateway'], { cwd: ROOT });
  const output = [];
  build.stdout.on('data', (chunk) => output.push(chunk));
  build.stderr.on('data', (chunk) => output.push(chunk));
  const [code] = await once(build, 'close');
  if (code !== 0) throw new UserError(`The build failed:\n${Buffer.concat(output).toString()}`);
}

/** A monolith of its own: free ports, keys and database in a temporary directory, log lines to look at. */
export class Monolith {
  url = '';
  internalUrl = '';
  issuer = '';
  /** @type {LogLines} */
  log;
  #child;
  #directory;
  #errors = '';

  /** @param settings further environment variables of the process */
  static async start(settings = {}) {
    const monolith = new Monolith();
    try {
      await monolith.#start(settings);
      return monolith;
    } catch (error) {
      await monolith.stop();
      throw error;
    }
  }

  async #start(settings) {
    const [port, internalPort, issuerPort] = await freePorts(3);
    this.url = `http://127.0.0.1:${port}`;
    this.internalUrl = `http://127.0.0.1:${internalPort}`;
    this.issuer = `http://127.0.0.1:${issuerPort}`;
    this.#directory = await mkdtemp(join(tmpdir(), 'internal-token-demo-'));
    const passedOn = PASSED_ON.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
    this.#child = spawn(process.execPath, [ENTRY], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...Object.fromEntries(passedOn),
        PORT: String(port),
        INTERNAL_PORT: String(internalPort),
        DEV_IDP_PORT: String(issuerPort),
        DEV_DIRECTORY: this.#directory,
        LOG_FORMAT: 'json',
        LOG_LEVEL: 'log',
        ...settings,
      },
    });
    this.log = new LogLines(this.#child.stdout);
    this.#child.stderr.on('data', (chunk) => (this.#errors += String(chunk)));
    await this.#waitUntilListening([port, issuerPort]);
  }

  async #waitUntilListening(ports) {
    const deadline = Date.now() + START_LIMIT_MS;
    while (!(await Promise.all(ports.map((port) => isListening(port)))).every(Boolean)) {
      if (this.#hasEnded()) throw new UserError(`The monolith stopped while starting.\n${this.lastWords()}`);
      if (Date.now() > deadline) {
        throw new UserError(`The monolith did not start in ${START_LIMIT_MS / 1000} s.\n${this.lastWords()}`);
      }
      await delay(50);
    }
  }

  #hasEnded() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** What it said last, for someone who has to find out why it failed. */
  lastWords() {
    const said = [...this.log.lines.slice(-5).map(({ text }) => text), ...this.log.others.slice(-5)].join('\n');
    return `${said}\n${this.#errors.slice(-2000)}`.trim();
  }

  /** @returns whether it ended by itself when asked to */
  async stop() {
    let inTime = true;
    if (this.#child && !this.#hasEnded()) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      inTime = await Promise.race([ended.then(() => true), delay(STOP_LIMIT_MS, false, { ref: false })]);
      if (!inTime) {
        this.#child.kill('SIGKILL');
        await ended;
      }
    }
    if (this.#directory) await rm(this.#directory, { recursive: true, force: true });
    this.#directory = undefined;
    return inTime;
  }
}
