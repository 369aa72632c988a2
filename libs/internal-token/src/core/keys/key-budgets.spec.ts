import { Desk, mint, newSigner, setOf } from '../../../test/support/key-desk.js';
import { ManualClock, settle } from '../../../test/support/manual-clock.js';
import type { Signer } from '../token/signer.js';
import { InternalTokenVerifier } from '../token/internal-token-verifier.js';
import { KeyStore } from './key-store.js';

const SECOND = 1000;
const HOUR = 3600 * SECOND;

describe('The loads that tokens may cause', () => {
  let clock: ManualClock;
  let desk: Desk;
  let store: KeyStore;
  let verifier: InternalTokenVerifier;
  let known: Signer;
  let fresh: Signer;
  let nobody: Signer;
  let replaced: Signer;

  beforeAll(async () => {
    [known, fresh, nobody] = [await newSigner('known'), await newSigner('fresh'), await newSigner('nobody')];
    replaced = await newSigner('known');
  });
  beforeEach(async () => {
    clock = new ManualClock();
    desk = new Desk(clock, setOf(known));
    store = new KeyStore({ source: desk, clock, refreshSeconds: 3600, random: () => 1 });
    await store.start();
    verifier = new InternalTokenVerifier({ trustDomain: 'shop', issuer: 'api_gateway', keys: store, now: clockNow });
  });
  afterEach(() => store.close());

  const clockNow = () => clock.now();
  const codeOf = async (signer: Signer): Promise<string> => {
    try {
      await verifier.verify(mint(signer, clock.now()));
      return 'accepted';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  /** Loads that this many requests with tokens of this key cause. */
  const loadsOf = async (signer: Signer, requests: number): Promise<number> => {
    const before = desk.askedAt.length;
    for (let i = 0; i < requests; i += 1) await codeOf(signer);
    return desk.askedAt.length - before;
  };
  const mostInMinute = (times: readonly number[]): number =>
    Math.max(...times.map((start) => times.filter((at) => at >= start && at < start + 60 * SECOND).length));

  it('R107: unknown key ids cause four loads a minute, and one more every thirty seconds', async () => {
    expect(await loadsOf(nobody, 100)).toBe(5);
    await clock.pass(30 * SECOND - 1);
    expect(await loadsOf(nobody, 100)).toBe(0);
    await clock.pass(1);
    expect(await loadsOf(nobody, 100)).toBe(1);
    await clock.pass(30 * SECOND);
    expect(await loadsOf(nobody, 100)).toBe(5);
  });

  it('R107: an hour of flood causes six loads a minute for unknown ids and two for bad signatures', async () => {
    const causes = new Map<Signer, number[]>([nobody, replaced].map((signer) => [signer, []]));
    for (; clock.now() < HOUR - SECOND; await clock.pass(SECOND)) {
      for (const [signer, times] of causes) if ((await loadsOf(signer, 1)) > 0) times.push(clock.now());
    }
    expect([...causes.values()].map(mostInMinute)).toEqual([6, 2]);
    const lateMinutes = [...causes.values()].map((times) => times.length);
    expect(lateMinutes[0]).toBeLessThanOrEqual(6 * 60);
    expect(lateMinutes[1]).toBe(2 * 60);
    expect(desk.askedAt.length).toBe(1 + (lateMinutes[0] ?? 0) + (lateMinutes[1] ?? 0));
  });

  it('R104b: invented key ids delay a new key by thirty seconds at most, however many they are', async () => {
    await loadsOf(nobody, 30);
    desk.give(setOf(known, fresh));
    const seen: string[] = [];
    for (; clock.now() < 30 * SECOND; await clock.pass(SECOND)) {
      await loadsOf(nobody, 30);
      seen.push(await codeOf(fresh));
    }
    expect(new Set(seen)).toEqual(new Set(['txn_key_unknown']));
    expect(await codeOf(fresh)).toBe('accepted');
  });

  it('R104b: a trickle of invented key ids does not delay a new key', async () => {
    for (; clock.now() < 300 * SECOND; await clock.pass(20 * SECOND)) await codeOf(nobody);
    desk.give(setOf(known, fresh));
    expect(await codeOf(fresh)).toBe('accepted');
  });

  it('R69: while the key set cannot be loaded, an unknown key gets 503 and a known one is served', async () => {
    desk.fail();
    for (let i = 0; i < 30; i += 1) {
      expect(await codeOf(fresh)).toBe('txn_keys_not_ready');
      expect(await codeOf(known)).toBe('accepted');
    }
    desk.give(setOf(known, fresh));
    await clock.pass(30 * SECOND);
    expect(await codeOf(fresh)).toBe('accepted');
    expect(await codeOf(nobody)).toBe('txn_key_unknown');
  });

  it('R69: a request that has waited a second for a slow source gets 503', async () => {
    let finish: () => void = () => undefined;
    desk.answer = () => new Promise((resolve) => (finish = () => resolve(setOf(known, fresh))));
    const waiting = codeOf(fresh);
    await clock.pass(SECOND);
    expect(await waiting).toBe('txn_keys_not_ready');
    finish();
    await settle();
    expect(await codeOf(fresh)).toBe('accepted');
  });

  it('R104b: a key replaced under the same id is noticed at a failed signature, once every thirty seconds', async () => {
    expect(await codeOf(replaced)).toBe('txn_signature');
    desk.give(setOf(replaced));
    await clock.pass(30 * SECOND - 1);
    expect(await codeOf(replaced)).toBe('txn_signature');
    await clock.pass(1);
    expect(await codeOf(replaced)).toBe('accepted');
    expect(await codeOf(known)).toBe('txn_signature');
    expect(desk.askedAt).toHaveLength(3);
  });

  it('R107: forged signatures do not use up the budget of unknown key ids', async () => {
    expect(await loadsOf(replaced, 100)).toBe(1);
    expect(await loadsOf(nobody, 100)).toBe(5);
  });
});
