import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../../scripts/lib/build.mjs';

const run = promisify(execFile);

export interface ListedKey {
  readonly keyId: string;
  readonly state: 'published' | 'active' | 'retiring' | 'retired';
}

/** A key directory as operators run it: changed only through the command line. */
export class OperatedKeys {
  private constructor(
    readonly directory: string,
    private readonly policy: string,
    private readonly lifetimeSeconds: number,
  ) {}

  /** With its first key. */
  static async create(policy: object, lifetimeSeconds: number): Promise<OperatedKeys> {
    const directory = await mkdtemp(join(tmpdir(), 'drill-keys-'));
    // Processes on one machine share a clock.
    const text = JSON.stringify({ leewaySeconds: 0, ...policy });
    const keys = new OperatedKeys(directory, text, lifetimeSeconds);
    await keys.command('new');
    return keys;
  }

  /** The options that gateway and command must agree on. */
  get settings(): Record<string, string> {
    return {
      INTERNAL_TOKEN_KEYS_DIRECTORY: this.directory,
      INTERNAL_TOKEN_ROTATION: this.policy,
      INTERNAL_TOKEN_TTL_SECONDS: String(this.lifetimeSeconds),
    };
  }

  /** Runs `nestjs-internal-token keys …` and returns its machine-readable output. */
  async command<Printed>(...args: string[]): Promise<Printed> {
    const program = [join(ROOT, 'scripts/nestjs-internal-token.mjs'), 'keys', ...args, '--json'];
    const { stdout } = await run(process.execPath, program, { env: { ...process.env, ...this.settings } });
    return JSON.parse(stdout) as Printed;
  }

  async list(): Promise<readonly ListedKey[]> {
    return (await this.command<{ keys: ListedKey[] }>('list')).keys;
  }

  async active(): Promise<string> {
    return String((await this.list()).find(({ state }) => state === 'active')?.keyId);
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}
