import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { KeyRingEvent } from 'nestjs-internal-token/issuing';
import { InternalTokenVerifier, type JsonWebKeySet, KeyStore, staticSource } from '../src/core/index.js';

const support = (path: string) => fileURLToPath(new URL(`../../../test/support/${path}`, import.meta.url));
const POLICY = JSON.stringify({ rotateEverySeconds: 0.5, refreshIntervalSeconds: 0.2, leewaySeconds: 0 });

type Changed = Extract<KeyRingEvent, { type: 'changed' }>;
interface Issued {
  readonly token: string;
  readonly published: JsonWebKeySet;
}

/** A gateway's ring in a process of its own. */
class Replica {
  readonly events: KeyRingEvent[] = [];
  readonly #child: ChildProcess;
  readonly #answers: ((issued: Issued) => void)[] = [];
  #heard: () => void = () => undefined;

  constructor(directory: string) {
    const args = ['--import', support('storage/typescript-hooks.mjs'), support('keys/replica.ts'), directory, POLICY];
    this.#child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface(this.#child.stdout as NodeJS.ReadableStream).on('line', (line) => {
      const said = JSON.parse(line) as Issued | { event: KeyRingEvent };
      if ('event' in said) this.events.push(said.event);
      else this.#answers.shift()?.(said);
      this.#heard();
    });
  }

  get changes(): Changed[] {
    return this.events.filter((event) => event.type === 'changed');
  }

  /** The active keys in the order in which it saw them. */
  get line(): string[] {
    return this.changes.map(({ active }) => active).filter((active, index, all) => active !== all[index - 1]);
  }

  async untilActiveKeys(count: number): Promise<void> {
    while (this.line.length < count) await new Promise<void>((resolve) => (this.#heard = resolve));
  }

  issue(): Promise<Issued> {
    this.#child.stdin?.write('token\n');
    return new Promise((resolve) => this.#answers.push(resolve));
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill(signal);
    await once(this.#child, 'exit');
  }
}

async function accepts(published: JsonWebKeySet, token: string): Promise<string> {
  const keys = new KeyStore({ source: staticSource(published) });
  await keys.start();
  const verifier = new InternalTokenVerifier({ trustDomain: 'shop', issuer: 'api_gateway', keys });
  return (await verifier.verify(token)).userId;
}

describe('Replicas of a gateway that share a directory of keys', () => {
  const directory = join(mkdtempSync(join(tmpdir(), 'replicas-')), 'keys');
  const replicas: Replica[] = [];
  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.end('SIGKILL')));
    rmSync(join(directory, '..'), { recursive: true, force: true });
  });

  it('R48: are one token service: one rotates, all follow, and one that is killed leaves nothing behind', async () => {
    replicas.push(new Replica(directory), new Replica(directory));
    const [a, b] = replicas as [Replica, Replica];
    for (const count of [1, 2, 3]) {
      await Promise.all([a.untilActiveKeys(count), b.untilActiveKeys(count)]);
      const [fromA, fromB] = await Promise.all([a.issue(), b.issue()]);
      expect(await accepts(fromB.published, fromA.token)).toBe('ada');
      expect(await accepts(fromA.published, fromB.token)).toBe('ada');
    }
    await a.end('SIGKILL');
    const c = new Replica(directory);
    replicas.push(c);
    await Promise.all([b.untilActiveKeys(b.line.length + 2), c.untilActiveKeys(2)]);

    // The same keys in the same order, whoever joined or left when.
    const together = b.line.slice(b.line.indexOf(c.line[0] ?? ''));
    const shorter = Math.min(together.length, c.line.length);
    expect(together.slice(0, shorter)).toEqual(c.line.slice(0, shorter));
    expect(b.line.slice(0, a.line.length)).toEqual(a.line);
    for (const { keys } of replicas.flatMap(({ changes }) => changes)) {
      const count = (wanted: string) => keys.filter(({ state }) => state === wanted).length;
      // Had both rotated there would be two that wait.
      expect([count('active'), count('published') <= 1]).toEqual([1, true]);
    }
    const failures = replicas.flatMap(({ events }) => events).filter(({ type }) => type !== 'changed');
    expect(failures).toEqual([]);
  }, 60_000);
});
