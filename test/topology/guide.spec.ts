import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '../../scripts/lib/free-ports.mjs';
import { WORKSPACE } from '../support/workspace-files.js';

const GUIDE = 'docs/guides/extract-a-service.md';
/** The files a working copy needs to start. */
const COPIED = ['apps', 'libs', 'scripts', 'package.json', 'nest-cli.json', 'tsconfig.json'];
const PORTS = [3000, 3100, 3900, 3003];

interface Block {
  readonly terminal: number;
  /** The terminals in which Ctrl-C is pressed before. */
  readonly interrupted: readonly number[];
  readonly commands: string;
}

/** Each block of commands names its terminal in the first line. */
function blocks(): Block[] {
  const text = readFileSync(join(WORKSPACE, GUIDE), 'utf8');
  return [...text.matchAll(/^```bash\n(.*?)^```/gms)].map(([, commands = '']) => {
    const [first = ''] = commands.split('\n');
    const [, terminal, interrupted = ''] = /^# terminal (\d)(?:, after Ctrl-C in ([\d and]+))?$/.exec(first) ?? [];
    if (terminal === undefined) throw new Error(`no terminal in: ${first}`);
    return { terminal: Number(terminal), interrupted: [...interrupted.matchAll(/\d/g)].map(Number), commands };
  });
}

/** A terminal in which something runs until Ctrl-C. */
class Terminal {
  readonly #shell: ChildProcess;
  #output = '';

  constructor(commands: string, cwd: string, env: NodeJS.ProcessEnv) {
    // A process group, as in a terminal: Ctrl-C reaches all of it.
    this.#shell = spawn('bash', ['--norc', '-euo', 'pipefail', '-c', commands], { cwd, env, detached: true });
    this.#shell.stdin?.end();
    for (const stream of [this.#shell.stdout, this.#shell.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.#output = `${this.#output}${chunk.toString()}`.slice(-4000)));
    }
  }

  get output(): string {
    return this.#output;
  }

  async interrupt(signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
    for (let tries = 0; this.#signal(tries === 0 ? signal : 0); tries++) {
      if (tries === 2_000) this.#signal('SIGKILL');
      await delay(50);
    }
  }

  /** Whether any of its processes is left. */
  #signal(signal: NodeJS.Signals | 0): boolean {
    try {
      return process.kill(-(this.#shell.pid ?? 0), signal);
    } catch {
      return false;
    }
  }
}

/** A terminal in which commands are typed one after the other; each must succeed. */
class Shell {
  readonly #bash: ChildProcess;

  constructor(cwd: string, env: NodeJS.ProcessEnv) {
    this.#bash = spawn('bash', ['--norc', '-euo', 'pipefail'], { cwd, env });
  }

  /** Ends with the commands; rejects with their output if one fails. */
  type(commands: string): Promise<void> {
    const bash = this.#bash;
    const streams = [bash.stdout, bash.stderr];
    return new Promise((resolve, reject) => {
      let output = '';
      const finish = (how: () => void): void => {
        for (const stream of streams) stream?.off('data', take);
        bash.off('exit', failed);
        how();
      };
      const failed = (): void => finish(() => reject(new Error(`${commands}\n${output}`)));
      const take = (chunk: Buffer): void => {
        output += chunk.toString();
        if (/^all-done$/m.test(output)) finish(resolve);
      };
      for (const stream of streams) stream?.on('data', take);
      bash.on('exit', failed);
      bash.stdin?.write(`${commands}\necho; echo all-done\n`);
    });
  }

  close(): void {
    this.#bash.stdin?.end();
  }
}

describe(`the guide in ${GUIDE}`, () => {
  const copy = mkdtempSync(join(tmpdir(), 'guide-'));
  const terminals = new Map<number, Terminal>();
  let shell: Shell | undefined;

  beforeAll(() => {
    const ours = (path: string): boolean => !/\/(?:node_modules|dist|\.dev)(?:\/|$)/.test(path.slice(WORKSPACE.length));
    for (const name of COPIED) cpSync(join(WORKSPACE, name), join(copy, name), { recursive: true, filter: ours });
    symlinkSync(join(WORKSPACE, 'node_modules'), join(copy, 'node_modules'));
  });

  afterAll(async () => {
    shell?.close();
    await Promise.all([...terminals.values()].map((terminal) => terminal.interrupt()));
    rmSync(copy, { recursive: true, force: true });
  });

  it("extracts orders and puts it back with the guide's own commands", async () => {
    // Ports other than the guide's, so that the test can run beside a running shop.
    const free = await freePorts(PORTS.length);
    const [gateway, internal, issuer, orders] = free.map(String);
    const withPorts = (commands: string): string =>
      PORTS.reduce((text, port, index) => text.replaceAll(`127.0.0.1:${port}`, `127.0.0.1:${free[index]}`), commands);
    const { PATH, HOME } = process.env;
    const base = { PATH, HOME, DEV_IDP_PORT: issuer };
    const environments: Record<number, NodeJS.ProcessEnv> = {
      1: { ...base, PORT: gateway, INTERNAL_PORT: internal, ORDERS_PORT: orders },
      2: { ...base, PORT: orders },
    };
    const typing = new Shell(copy, base);
    shell = typing;

    const all = blocks();
    expect(all.length).toBeGreaterThan(8);
    for (const { terminal, interrupted, commands } of all) {
      for (const number of interrupted) await terminals.get(number)?.interrupt();
      if (terminal in environments) {
        terminals.set(terminal, new Terminal(withPorts(commands), copy, environments[terminal] ?? {}));
        continue;
      }
      await typing.type(withPorts(commands)).catch((error: unknown) => {
        const said = [...terminals.values()].map(({ output }) => output).join('\n');
        throw new Error(`${String(error)}\n${said}`);
      });
    }
    // Six starts and two builds.
  }, 900_000);
});
