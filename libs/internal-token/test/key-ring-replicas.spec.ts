import { jest } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { KeyRingEvent } from 'nestjs-internal-token/gateway';
import { InternalTokenVerifier, type JsonWebKeySet, KeyStore, staticSource } from '../src/core/index.js';

// Starts processes.
jest.setTimeout(300_000);

const support = (path: string) => fileURLToPath(new URL(`../../../test/support/${path}`, import.meta.url));
const DAY = 86_400;
const AHEAD = 10;
// With verifiers that refresh this often, replicas poll twenty times a second.
const POLICY = JSON.stringify({ rotateEverySeconds: DAY, publishAheadSeconds: AHEAD, refreshIntervalSeconds: 3 });

type Changed = Extract<KeyRingEvent, { type: 'changed' }>;
interface Issued {
  readonly token: string;
  readonly published: JsonWebKeySet;
}

/** The ring of a gateway in its own process, whose clock the test controls. */
class Replica {
  readonly events: KeyRingEvent[] = [];
  readonly #child: ChildProcess;
  readonly #answers: ((issued: Issued) => void)[] = [];
  #heard: () => void = () => undefined;

  constructor(directory: string, now: number) {
    const script = ['--import', support('storage/typescript-hooks.mjs'), support('keys/replica.ts')];
    const args = [...script, directory, POLICY, String(now)];
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

  /** The active keys, in the order in which the process saw them. */
  get line(): string[] {
    return this.changes.map(({ active }) => active).filter((active, index, all) => active !== all[index - 1]);
  }

  async untilActiveKeys(count: number): Promise<void> {
    await this.#until(() => this.line.length >= count);
  }

  /** Resolves when it publishes the next key. */
  async untilNextIsKnown(): Promise<void> {
    await this.#until(() => this.changes.at(-1)?.keys.some(({ state }) => state === 'published') === true);
  }

  letItBe(now: number): void {
    this.#child.stdin?.write(`${now}\n`);
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

  async #until(met: () => boolean): Promise<void> {
    while (!met()) await new Promise<void>((resolve) => (this.#heard = resolve));
  }
}

async function accepts(published: JsonWebKeySet, token: string, now: number): Promise<string> {
  const keys = new KeyStore({ source: staticSource(published) });
  await keys.start();
  const verifier = new InternalTokenVerifier({ trustDomain: 'shop', issuer: 'api_gateway', keys, now: () => now });
  return (await verifier.verify(token)).userId;
}

describe('Replicas of a gateway that share a directory of keys', () => {
  const directory = join(mkdtempSync(join(tmpdir(), 'replicas-')), 'keys');
  const replicas: Replica[] = [];
  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.end('SIGKILL')));
    rmSync(join(directory, '..'), { recursive: true, force: true });
  });

  it('R48: form one token service: one rotates, all follow, and a killed one leaves nothing behind', async () => {
    let now = Date.parse('2026-03-01T14:00:00Z');
    const started = (): Replica => {
      const replica = new Replica(directory, now);
      replicas.push(replica);
      return replica;
    };
    /** Advances the clocks of these processes, and waits until each has seen the effect. */
    const pass = async (seconds: number, all: readonly Replica[], seen: (replica: Replica) => Promise<void>) => {
      now += seconds * 1000;
      await Promise.all(
        all.map((replica) => {
          const awaited = seen(replica);
          replica.letItBe(now);
          return awaited;
        }),
      );
    };
    const nextIsKnown = (replica: Replica) => replica.untilNextIsKnown();
    const nextSigns = (replica: Replica) => replica.untilActiveKeys(replica.line.length + 1);
    const toRotation = DAY - AHEAD;

    const [a, b] = [started(), started()];
    await Promise.all([a.untilActiveKeys(1), b.untilActiveKeys(1)]);
    for (let rotation = 0; rotation < 3; rotation += 1) {
      await pass(toRotation, [a, b], nextIsKnown);
      // By the clock of a, the next key already signs; b publishes it.
      await pass(AHEAD, [a], nextSigns);
      const [fromA, fromB] = await Promise.all([a.issue(), b.issue()]);
      expect(await accepts(fromB.published, fromA.token, now)).toBe('ada');
      expect(await accepts(fromA.published, fromB.token, now)).toBe('ada');
      await pass(0, [b], nextSigns);
    }
    await a.end('SIGKILL');
    const c = started();
    await c.untilActiveKeys(1);
    for (let rotation = 0; rotation < 2; rotation += 1) {
      await pass(toRotation, [b, c], nextIsKnown);
      await pass(AHEAD, [b, c], nextSigns);
    }

    // All have the same keys in the same order, whenever they joined or left.
    expect(b.line).toHaveLength(6);
    expect(a.line).toEqual(b.line.slice(0, 4));
    expect(c.line).toEqual(b.line.slice(3));
    for (const { keys } of replicas.flatMap(({ changes }) => changes)) {
      const count = (wanted: string) => keys.filter(({ state }) => state === wanted).length;
      // If both had rotated, two keys would be waiting.
      expect([count('active'), count('published') <= 1]).toEqual([1, true]);
    }
    const failures = replicas.flatMap(({ events }) => events).filter(({ type }) => type !== 'changed');
    expect(failures).toEqual([]);
  });
});
