import * as undici from 'undici';
import { queuesInContext, type Undici } from './queues-in-context.js';

/** A pool that does not keep the context of waiting requests, as in earlier releases. */
class Forgetful {
  readonly #waiting: Parameters<undici.Dispatcher['dispatch']>[] = [];
  readonly #desk: undici.Dispatcher;
  #busy = false;

  constructor(origin: string, { factory }: { factory: (origin: URL) => undici.Dispatcher }) {
    this.#desk = factory(new URL(origin));
    this.#desk.on('drain', () => {
      for (const waiting of this.#waiting.splice(0)) this.#desk.dispatch(...waiting);
    });
  }

  dispatch(...call: Parameters<undici.Dispatcher['dispatch']>): boolean {
    if (this.#busy) this.#waiting.push(call);
    else this.#busy = !this.#desk.dispatch(...call);
    return !this.#busy;
  }

  async destroy(): Promise<void> {}
}

describe('queuesInContext()', () => {
  it('R94: accepts a pool that sends a waiting request in its own context', () => {
    expect(queuesInContext(undici as unknown as Undici)).toBe(true);
  });

  it('R94: rejects a pool that sends a waiting request in the context of another', () => {
    expect(queuesInContext({ Client: undici.Client, Pool: Forgetful })).toBe(false);
  });
});
