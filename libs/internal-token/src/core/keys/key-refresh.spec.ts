import { Desk, mint, newSigner, setOf } from '../../../test/support/key-desk.js';
import { ManualClock, settle } from '../../../test/support/manual-clock.js';
import type { Signer } from '../token/signer.js';
import { InternalTokenVerifier } from '../token/internal-token-verifier.js';
import type { JsonWebKeySet, KeySource } from './key-source.js';
import { KeyStore, type KeyStoreOptions } from './key-store.js';
import type { KeyStoreEvent } from './key-store-event.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('A key source that reports changes', () => {
  it('R108: a source that reports a change is read at once, until the store is closed', async () => {
    const clock = new ManualClock();
    const desk = new Desk(clock, setOf(await newSigner('a')));
    let tell: (() => void) | undefined;
    const onChange = (listener: () => void) => {
      tell = listener;
      return () => (tell = undefined);
    };
    const store = new KeyStore({ source: Object.assign(desk, { onChange }), clock });
    await store.start();
    desk.give(setOf(await newSigner('b')));
    tell?.();
    await settle();
    expect([store.find('a'), store.find('b')?.keyId]).toEqual([undefined, 'b']);
    store.close();
    expect(tell).toBeUndefined();
  });
});

describe('The scheduled refresh of keys', () => {
  let clock: ManualClock;
  let a: Signer;
  let b: Signer;
  const events: KeyStoreEvent[] = [];
  const stores: KeyStore[] = [];
  const open = async (source: KeySource, options: Partial<KeyStoreOptions> = {}) => {
    const store = new KeyStore({ source, clock, onEvent: (event) => events.push(event), ...options });
    stores.push(store);
    const started = store.start();
    await settle();
    await started;
    return store;
  };
  beforeAll(async () => {
    [a, b] = [await newSigner('a'), await newSigner('b')];
  });
  beforeEach(() => {
    clock = new ManualClock();
    events.length = 0;
  });
  afterEach(() => {
    for (const store of stores.splice(0)) store.close();
  });

  it('R105: the pause between refreshes varies by ten per cent and is never longer than the interval', async () => {
    for (const [random, expected] of [
      [0, 245.455],
      [0.5, 272.727],
      [1, 300],
    ] as const) {
      clock = new ManualClock();
      await open(new Desk(clock, setOf(a)), { random: () => random });
      expect(clock.waiting.map((ms) => ms / 1000)).toEqual([expect.closeTo(expected, 2)]);
    }
  });

  it('R105: refreshes continue at the configured interval until the store is closed', async () => {
    const desk = new Desk(clock, setOf(a));
    const store = await open(desk, { refreshSeconds: 10 });
    await clock.pass(10 * MINUTE);
    expect(desk.askedAt.length).toBeGreaterThanOrEqual(60);
    expect(desk.askedAt.length).toBeLessThanOrEqual(75);
    store.close();
    expect(clock.waiting).toEqual([]);
  });

  it('R105: a fixed source is read only once', async () => {
    const desk = Object.assign(new Desk(clock, setOf(a)), { fixed: true });
    const store = await open(desk);
    await clock.pass(HOUR);
    expect(store.findAfterRefresh('b')).toBe('key_unknown');
    expect(desk.askedAt).toEqual([0]);
  });

  it('R108: a withdrawn key stops verifying within the interval', async () => {
    const desk = new Desk(clock, setOf(a, b));
    const store = await open(desk, { random: () => 1 });
    await clock.pass(1);
    desk.give(setOf(b));
    await clock.pass(300_000);
    expect([store.find('a'), store.find('b')?.keyId]).toEqual([undefined, 'b']);
    expect(events.at(-1)).toEqual({ type: 'loaded', keyIds: ['b'], added: [], removed: ['a'] });
  });

  it('R108: the time that a slow load takes is deducted from the next pause', async () => {
    const desk = new Desk(clock, setOf(a));
    await open(desk, { random: () => 1, refreshSeconds: 10 });
    desk.answer = () => new Promise((resolve) => clock.after(4000, () => resolve(setOf(a))));
    await clock.pass(60_000);
    expect(desk.askedAt.slice(0, 5)).toEqual([0, 10_000, 20_000, 30_000, 40_000]);
  });

  it('R104: an unchanged key keeps its object, and one replaced under its id gets a new one', async () => {
    const desk = new Desk(clock, setOf(a, b));
    const store = await open(desk);
    const [first, second] = [store.find('a'), store.find('b')];
    const impostor = await newSigner('b');
    desk.give(setOf(a, impostor));
    await store.reload();
    expect(store.find('a')).toBe(first);
    expect(store.find('b')).not.toBe(second);
    expect(events.at(-1)).toMatchObject({ added: ['b'], removed: ['b'] });
  });

  it('R106: tokens still verify after an hour without the source, while attempts grow rarer, and the store recovers', async () => {
    const desk = new Desk(clock, setOf(a));
    const store = await open(desk);
    const verifier = new InternalTokenVerifier({
      trustDomain: 'shop',
      issuer: 'api_gateway',
      keys: store,
      now: () => clock.now(),
    });
    desk.fail();
    for (let minute = 0; minute < 60; minute += 1) {
      await clock.pass(MINUTE);
      expect(verifier.verify(mint(a, clock.now()))).toMatchObject({ userId: 'user-7' });
      expect(verifier.ready).toBe(true);
    }
    expect(store.ageSeconds).toBe(3600);
    const attempts = desk.askedAt.filter((at) => at > 0);
    expect(attempts.length).toBeGreaterThan(50);
    expect(attempts.length).toBeLessThan(85);
    expect(events.at(-1)).toMatchObject({ type: 'load_failed', reason: 'away', failures: attempts.length });

    desk.give(setOf(b));
    await clock.pass(MINUTE * 1.1);
    await expect((async () => verifier.verify(mint(a, clock.now())))()).rejects.toMatchObject({
      code: 'txn_key_unknown',
    });
    expect(verifier.verify(mint(b, clock.now()))).toMatchObject({ userId: 'user-7' });
    expect(store.ageSeconds).toBe(0);
  });

  it('R106: a load that gets no answer is given up after five seconds and retried', async () => {
    const desk = new Desk(clock, setOf(a));
    const store = await open(desk, { refreshSeconds: 10 });
    desk.answer = () => new Promise(() => undefined);
    await clock.pass(MINUTE);
    expect(store.find('a')).toBeDefined();
    expect(desk.askedAt.length).toBeGreaterThan(4);
    expect(events.at(-1)).toMatchObject({ type: 'load_failed', reason: 'the source did not answer in time' });
  });

  it('R108: reload() loads again even while a load is running, and says whether it succeeded', async () => {
    const desk = new Desk(clock, setOf(a, b));
    const store = await open(desk);
    let finish: (set: JsonWebKeySet) => void = () => undefined;
    desk.answer = () => new Promise((resolve) => (finish = resolve));
    void store.refresh();
    const reloaded = store.reload();
    desk.give(setOf(b));
    finish(setOf(a, b));
    expect(await reloaded).toBe(true);
    expect(store.find('a')).toBeUndefined();
    desk.fail();
    expect(await store.reload()).toBe(false);
    expect(store.find('b')).toBeDefined();
  });

  it('R104b: a key published after a load began is found by a search that joined that load', async () => {
    const desk = new Desk(clock, setOf(a));
    const store = await open(desk);
    let finish: (set: JsonWebKeySet) => void = () => undefined;
    desk.answer = () => new Promise((resolve) => (finish = resolve));
    void store.refresh();
    const searches = [store.findAfterRefresh('b'), store.findAfterRefresh('b')];
    desk.give(setOf(a, b));
    finish(setOf(a));
    for (const search of searches) expect(await search).toMatchObject({ keyId: 'b' });
    expect(desk.askedAt).toHaveLength(3);
  });

  it('reports refused keys once, not at every refresh', async () => {
    const desk = new Desk(clock, { keys: [...setOf(a).keys, { kty: 'oct', k: 'AA', kid: 'secret' }] });
    const store = await open(desk);
    await store.reload();
    expect(events.filter(({ type }) => type === 'key_refused')).toEqual([
      { type: 'key_refused', keyId: 'secret', reason: expect.stringContaining('secret members') },
    ]);
  });

  it.each([0, 0.05, 3601, Number.NaN, '300'])('refuses refreshSeconds %j at start', async (refreshSeconds) => {
    const options = { source: new Desk(clock, setOf(a)), refreshSeconds: refreshSeconds as number };
    expect(() => new KeyStore(options)).toThrow(/"refreshSeconds" .* from 0\.1 to 3600/);
  });
});
