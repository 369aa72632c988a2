import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { AttackedPort } from './hostile-connection.js';

const support = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

interface Told {
  readonly ports: readonly AttackedPort[];
  /** Spans that have started and not ended. */
  readonly open: number;
}

/** A gateway and a service in a process that may die without ending the test. */
export class AttackedProcess {
  readonly #printed: Promise<string>;

  private constructor(
    private readonly child: ChildProcess,
    /** At its start. */
    readonly ports: readonly AttackedPort[],
    printed: Promise<string>,
  ) {
    this.#printed = printed;
  }

  static async start(platform: 'fastify' | 'express'): Promise<AttackedProcess> {
    const child = fork(support('drills/attacked-application.ts'), [platform], {
      execArgv: ['--import', support('storage/typescript-hooks.mjs')],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const streams = [child.stdout, child.stderr].map((stream) => text(stream as NodeJS.ReadableStream));
    const printed = Promise.all(streams).then((texts) => texts.join(''));
    const [said] = (await Promise.race([once(child, 'message'), printed.then((output) => [output])])) as [
      string | Told,
    ];
    if (typeof said === 'string') throw new Error(`It did not start: ${said}`);
    return new AttackedProcess(child, said.ports, printed);
  }

  /** Its current state. */
  async tell(): Promise<Told> {
    this.child.send('tell', () => undefined);
    const [told] = (await Promise.race([once(this.child, 'message'), this.#printed.then(() => [])])) as [Told?];
    if (told === undefined) throw new Error('It has ended.');
    return told;
  }

  /** Ends it. Returns what it printed since its start: errors, or why it ended by itself. */
  async stop(): Promise<string> {
    this.child.kill();
    return this.#printed;
  }
}
