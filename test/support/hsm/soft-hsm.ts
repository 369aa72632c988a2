import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const LIBRARIES = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so'];
const HOOKS = fileURLToPath(new URL('../storage/typescript-hooks.mjs', import.meta.url));
const GATEWAY = fileURLToPath(new URL('hsm-gateway.ts', import.meta.url));

export const PIN = '73519260';
const TOKEN = 'internal-token';

/** Why no HSM is available here, if none is. */
export function missingHsm(): string | undefined {
  if (!LIBRARIES.some((path) => existsSync(path))) return 'SoftHSM is not installed: apt-get install softhsm2';
  return spawnSync('softhsm2-util', ['--version']).status === 0 ? undefined : 'softhsm2-util does not run';
}

/** A software HSM with its own token and directory. */
export class SoftHsm {
  readonly library = LIBRARIES.find((path) => existsSync(path)) ?? '';
  readonly #folder = mkdtempSync(join(tmpdir(), 'hsm-'));
  readonly #configuration = join(this.#folder, 'softhsm2.conf');

  constructor() {
    mkdirSync(join(this.#folder, 'tokens'));
    writeFileSync(this.#configuration, `directories.tokendir = ${join(this.#folder, 'tokens')}\nlog.level = ERROR\n`);
    const { status, stderr } = spawnSync(
      'softhsm2-util',
      ['--init-token', '--free', '--label', TOKEN, '--so-pin', '48151623', '--pin', PIN],
      { env: this.environment, encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`softhsm2-util: ${stderr}`);
  }

  /** SoftHSM reads its configuration from its process' environment. */
  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, SOFTHSM2_CONF: this.#configuration };
  }

  gateway(): HsmGateway {
    return new HsmGateway(this);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A process that issues tokens with keys in the HSM, one command at a time. */
export class HsmGateway {
  readonly #child;
  readonly #answers;

  constructor({ environment, library }: SoftHsm) {
    this.#child = spawn(process.execPath, ['--import', HOOKS, GATEWAY, library, TOKEN, PIN], {
      env: environment,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#answers = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  /** @throws Error with the message of the failure in that process */
  async ask<T>(question: string, argument: unknown = null): Promise<T> {
    this.#child.stdin.write(`${JSON.stringify({ question, argument })}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error('the process with the HSM has ended');
    const { answer, error } = JSON.parse(value) as { answer: T; error?: string };
    if (error !== undefined) throw new Error(error);
    return answer;
  }

  async stop(): Promise<void> {
    this.#child.stdin.end();
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
  }
}
