import { setTimeout as delay } from 'node:timers/promises';
import type { Answer } from '../http-client.js';
import { until } from './until.js';

const PAUSE_MS = 10;
const SAMPLES = 5;

/** One kind of request, sent whenever its turn comes. */
export type Visit = () => Promise<Answer>;

/** Sends every kind of request in turn, several at a time, until told to stop. */
export class Load {
  requests = 0;
  refused = 0;
  /** The first answers other than 2xx, and broken connections. */
  readonly refusals: string[] = [];
  #workers: Promise<void>[] = [];
  #stopped = false;

  constructor(private readonly visits: readonly Visit[]) {}

  start(workers: number): this {
    this.#stopped = false;
    this.#workers = Array.from({ length: workers }, (_, index) => this.#work(index));
    return this;
  }

  /** Until this many more requests are answered. */
  more(count: number): Promise<void> {
    const enough = this.requests + count;
    return until(`${count} more requests`, () => this.requests >= enough);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#workers);
  }

  async #work(first: number): Promise<void> {
    for (let turn = first; !this.#stopped; turn += 1) {
      const visit = this.visits[turn % this.visits.length];
      const outcome = await visit?.().then(
        ({ status, text }) => (status >= 200 && status < 300 ? undefined : `${status} ${text}`),
        (error: unknown) => String(error),
      );
      this.requests += 1;
      if (outcome !== undefined && (this.refused += 1) <= SAMPLES) this.refusals.push(outcome);
      await delay(PAUSE_MS);
    }
  }
}
