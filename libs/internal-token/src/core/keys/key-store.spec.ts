import { AsyncLocalStorage } from 'node:async_hooks';
import { generateKeyPairSync } from 'node:crypto';
import { createSigner } from '../token/signer.js';
import type { JsonWebKeySet, KeySource } from './key-source.js';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { KeyStore, type KeyStoreOptions } from './key-store.js';
import type { KeyStoreEvent } from './key-store-event.js';

const key = async (keyId: string) =>
  (await createSigner({ key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, keyId })).publicJwk;

/** A source whose next answers are given by the test. The last one stays. */
class Script implements KeySource {
  readonly description = 'script';
  loads = 0;
  #answers: (() => Promise<JsonWebKeySet>)[];
  constructor(...answers: (JsonWebKeySet | Error | (() => Promise<JsonWebKeySet>))[]) {
    this.#answers = answers.map((answer) => {
      if (typeof answer === 'function') return answer;
      return () => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer));
    });
  }
  load(): Promise<JsonWebKeySet> {
    this.loads += 1;
    const answer = this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0];
    return answer === undefined ? Promise.reject(new Error('nothing')) : answer();
  }
}

describe('KeyStore', () => {
  const stores: KeyStore[] = [];
  const events: KeyStoreEvent[] = [];
  let clock: ManualClock;
  const open = (source: KeySource, options: Partial<KeyStoreOptions> = {}) => {
    const store = new KeyStore({ source, onEvent: (event) => events.push(event), clock, ...options });
    stores.push(store);
    return store;
  };
  beforeEach(() => {
    clock = new ManualClock();
    events.length = 0;
  });
  afterEach(() => {
    for (const store of stores.splice(0)) store.close();
  });

  it('R105: becomes ready when keys are loaded', async () => {
    const store = open(new Script({ keys: [await key('a'), await key('b')] }));
    expect(store.ready).toBe(false);
    await Promise.all([store.start(), store.start()]);
    expect(store.ready).toBe(true);
    expect(store.find('a')?.keyId).toBe('a');
    expect(store.find('c')).toBeUndefined();
    expect(events).toEqual([{ type: 'loaded', keyIds: ['a', 'b'], added: ['a', 'b'], removed: [] }]);
  });

  it('R88: retries with growing pauses until the source has keys, and never throws', async () => {
    const keySet = { keys: [await key('a')] };
    const source = new Script(new Error('refused'), { keys: [] }, new Error('refused'), keySet);
    const store = open(source);
    await store.start();
    expect(store.ready).toBe(false);
    await clock.pass(200);
    expect(source.loads).toBe(1);
    await clock.pass(3000);
    expect(store.ready).toBe(true);
    await store.whenReady();
    expect(events.map(({ type }) => type)).toEqual(['load_failed', 'load_failed', 'load_failed', 'loaded']);
    expect(events[0]).toMatchObject({ type: 'load_failed', source: 'script', reason: 'refused', failures: 1 });
    await clock.pass(60_000);
    expect(source.loads).toBe(4);
  });

  it('stops retrying when it is closed', async () => {
    const source = new Script(new Error('refused'));
    const store = open(source);
    await store.start();
    store.close();
    await clock.pass(60_000);
    expect(source.loads).toBe(1);
    expect(store.findAfterRefresh('a')).toBe('keys_unavailable');
  });

  it('R106: keeps the last good keys when a refresh fails', async () => {
    const good = { keys: [await key('a')] };
    const tooMany = { keys: Array.from({ length: 65 }, () => good.keys[0] ?? {}) };
    const store = open(new Script(good, new Error('away'), { keys: [] }, tooMany));
    await store.start();
    for (let i = 0; i < 3; i += 1) await store.refresh();
    expect(store.find('a')).toBeDefined();
    expect(events.map(({ type }) => type)).toEqual(['loaded', 'load_failed', 'load_failed', 'load_failed']);
  });

  it('R108: drops keys that a successful refresh no longer contains', async () => {
    const store = open(new Script({ keys: [await key('a')] }, { keys: [await key('b')] }));
    await store.start();
    await store.refresh();
    expect([store.find('a'), store.find('b')?.keyId]).toEqual([undefined, 'b']);
  });

  it('R69: shares one load between concurrent callers', async () => {
    const source = new Script({ keys: [await key('a')] });
    const store = open(source);
    await Promise.all([store.refresh(), store.refresh(), store.refresh()]);
    expect(source.loads).toBe(1);
  });

  it('R69: makes a request wait at most a second for a slow source, and gives the next one the keys that arrived', async () => {
    const [a, b] = [await key('a'), await key('b')];
    let answer: (set: JsonWebKeySet) => void = () => undefined;
    const source = new Script({ keys: [a] }, () => new Promise((resolve) => (answer = resolve)));
    const store = open(source);
    await store.start();
    const waiting = store.findAfterRefresh('b');
    await clock.pass(1000);
    expect(await waiting).toBe('keys_unavailable');
    answer({ keys: [a, b] });
    await clock.pass(0);
    expect(store.find('b')).toBeDefined();
  });

  it('survives a listener that throws', async () => {
    const store = new KeyStore({
      source: new Script({ keys: [await key('a')] }),
      onEvent: () => {
        throw new Error('listener');
      },
    });
    await store.start();
    expect(store.ready).toBe(true);
  });

  it('runs a load outside the context of the request that caused it', async () => {
    const request = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const keySet = { keys: [await key('a')] };
    const store = open({
      description: 'watcher',
      load: async () => {
        seen.push(request.getStore());
        return keySet;
      },
    });
    await request.run('request 1', () => store.refresh());
    expect(seen).toEqual([undefined]);
  });
});
