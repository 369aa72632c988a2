import * as undici from 'undici';
import { queuesInContext, type Undici } from './queues-in-context.js';

/** As pools were before they kept the context of who waits. */
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

describe('A queue of undici', () => {
  it('R94: is trusted where who waits is sent in the own context', () => {
    expect(queuesInContext(undici as unknown as Undici)).toBe(true);
  });

  it("R94: is not trusted where who waits is sent in another's", () => {
    expect(queuesInContext({ Client: undici.Client, Pool: Forgetful })).toBe(false);
  });
});
