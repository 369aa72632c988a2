import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Desk, mint, newSigner, setOf } from '../../../test/support/key-desk.js';
import { ManualClock, settle } from '../../../test/support/manual-clock.js';
import type { Signer } from '../token/signer.js';
import { InternalTokenVerifier } from '../token/internal-token-verifier.js';
import type { KeySource } from './key-source.js';
import { KeyStore, type KeyStoreOptions } from './key-store.js';
import { heldKeys, type KeyStoreEvent } from './key-store-event.js';
import { staticSource } from './static-source.js';

const HOUR = 3600_000;

describe('The age limit of fetched keys', () => {
  let clock: ManualClock;
  let signer: Signer;
  const events: KeyStoreEvent[] = [];
  const stores: KeyStore[] = [];

  beforeAll(async () => {
    signer = await newSigner('a');
  });
  beforeEach(() => {
    clock = new ManualClock();
    events.length = 0;
  });
  afterEach(() => {
    for (const store of stores.splice(0)) store.close();
  });

  const open = async (source: KeySource, options: Partial<KeyStoreOptions> = {}) => {
    const store = new KeyStore({ source, clock, onEvent: (event) => events.push(event), ...options });
    stores.push(store);
    const started = store.start();
    await settle();
    await started;
    const now = () => clock.now();
    return {
      store,
      verifier: new InternalTokenVerifier({ trustDomain: 'shop', issuer: 'api_gateway', keys: store, now }),
    };
  };
  const lastWords = () => {
    const failure = events.findLast((event) => event.type === 'load_failed');
    return failure?.type === 'load_failed' ? heldKeys(failure) : undefined;
  };

  it('R174: after a day without their source keys verify nothing, not even remembered tokens, until it is back', async () => {
    const desk = new Desk(clock, setOf(signer));
    const { store, verifier } = await open(desk);
    desk.fail();
    await clock.pass(24 * HOUR - 1000);
    const token = mint(signer, clock.now());
    expect(verifier.verify(token)).toMatchObject({ userId: 'user-7' });
    expect(verifier.ready).toBe(true);
    await clock.pass(1001);
    expect([store.ready, verifier.ready]).toEqual([false, false]);
    expect(() => verifier.verify(token)).toThrow(expect.objectContaining({ code: 'txn_keys_not_ready', status: 503 }));
    desk.give(setOf(signer));
    await clock.pass(70_000);
    expect(verifier.ready).toBe(true);
    expect(verifier.verify(mint(signer, clock.now()))).toMatchObject({ userId: 'user-7' });
  });

  it('R174: from half the limit on, every failure says how long the keys will still be used', async () => {
    const desk = new Desk(clock, setOf(signer));
    await open(desk);
    desk.fail();
    await clock.pass(12 * HOUR - 1000);
    expect(lastWords()).toBe('the current keys still verify tokens');
    await clock.pass(HOUR);
    expect(lastWords()).toMatch(/^the current keys are 1[23] h old and verify tokens for another 1[01] h$/);
    await clock.pass(12 * HOUR);
    expect(lastWords()).toBe('the current keys are older than 24 h and verify nothing');
  });

  it('R174: the age limit is configurable and must exceed two refreshes', async () => {
    const desk = new Desk(clock, setOf(signer));
    const { store } = await open(desk, { maxKeyAgeSeconds: 600 });
    desk.fail();
    await clock.pass(600_001);
    expect(store.ready).toBe(false);
    for (const maxKeyAgeSeconds of [599, 0, 31 * 24 * 3600, Number.NaN]) {
      expect(() => new KeyStore({ source: desk, maxKeyAgeSeconds })).toThrow(/maxKeyAgeSeconds/);
    }
  });

  it('R174: keys from a file or from the configuration have no age limit', async () => {
    const desk = Object.assign(new Desk(clock, setOf(signer)), { local: true });
    const stays = await open(desk);
    const fixed = await open(staticSource(setOf(signer)));
    desk.fail();
    await clock.pass(25 * HOUR);
    expect([stays.store.ready, fixed.store.ready]).toEqual([true, true]);
    expect(lastWords()).toBe('the current keys still verify tokens');
  });

  it('R174: keys from a seed count their age from when they were fetched', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'key-age-'));
    const seedFile = join(directory, 'keys.json');
    const fetchedAt = new Date(Date.now() - 23 * HOUR).toISOString();
    writeFileSync(seedFile, JSON.stringify({ source: 'desk', fetchedAt, ...setOf(signer) }), { mode: 0o600 });
    const desk = new Desk(clock, setOf(signer));
    desk.fail();
    const { store } = await open(desk, { seedFile });
    await store.whenReady();
    expect(store.ready).toBe(true);
    await clock.pass(HOUR + 1000);
    expect(store.ready).toBe(false);
    rmSync(directory, { recursive: true });
  });
});
