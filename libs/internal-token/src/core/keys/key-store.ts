import { AsyncLocalStorage } from 'node:async_hooks';
import { amount, OptionPath } from '../options/index.js';
import { validateKeySet } from './validate-key-set.js';
import { type Clock, systemClock } from './clock.js';
import { KeyAge } from './key-age.js';
import { KeySeed } from './key-seed.js';
import type { JsonWebKeySet, KeySource } from './key-source.js';
import type { KeyStoreEvent } from './key-store-event.js';
import { RefreshBudget } from './refresh-budget.js';
import { RefreshSchedule } from './refresh-schedule.js';
import type { VerificationKey } from './verification-key.js';

/** Settings of a {@link KeyStore}. */
export interface KeyStoreOptions {
  readonly source: KeySource;
  /**
   * Seconds within which a change at the source arrives, 0.1 to 3600. Default 300. The pauses between loads vary by
   * ±10 %; this is the longest.
   */
  readonly refreshSeconds?: number;
  /**
   * Seconds for which fetched keys are used after the source last returned them. Default 86400 (a day), at least twice
   * `refreshSeconds`, at most 30 days. After that every token is refused until the source is back: an attacker who can
   * block the source must not keep a withdrawn key alive for ever. Files and configured keys have no limit.
   */
  readonly maxKeyAgeSeconds?: number;
  /**
   * A file that keeps the last good set, so that the service can start while the source is unavailable. Default: none,
   * since a key withdrawn in the meantime keeps verifying until the source is back or the set is older than
   * `maxKeyAgeSeconds`.
   */
  readonly seedFile?: string;
  readonly onEvent?: (event: KeyStoreEvent) => void;
  readonly clock?: Clock;
  /** Default `Math.random`. */
  readonly random?: () => number;
}

const interval = amount(0.1, 3600, 'seconds');

/** The longest that one attempt to load may take. */
const LOAD_TIMEOUT_MS = 5000;
/** The longest that a request waits for a load. */
const MAX_WAIT_MS = 1000;

/** Why {@link KeyStore.findAfterRefresh} found no key: the source does not have it, or could not be asked. */
export type MissingKey = 'key_unknown' | 'keys_unavailable';

/**
 * The public keys that verify tokens. {@link find} does no I/O. If the source fails, the last good keys stay in use
 * until they are too old.
 *
 * Keys are loaded at the start, then on a schedule in the background. A token with an unknown key id or an invalid
 * signature can cause a load too, within a small budget.
 */
export class KeyStore {
  readonly #options: KeyStoreOptions;
  readonly #clock: Clock;
  readonly #budget: RefreshBudget;
  readonly #age: KeyAge;
  readonly #schedule: RefreshSchedule;
  readonly #seed: KeySeed | undefined;
  readonly #closing = new AbortController();
  readonly #whenReady = Promise.withResolvers<void>();
  /** Runs loads outside the context of the request that caused them, so that they do not keep it alive. */
  readonly #outsideRequests = AsyncLocalStorage.snapshot();
  #keys: ReadonlyMap<string, VerificationKey> = new Map();
  #started: Promise<void> | undefined;
  #endNotices: (() => void) | undefined;
  #loading: Promise<boolean> | undefined;
  /** Whether the last attempt to load failed. */
  #failing = false;
  /** Why the last attempt failed. */
  #fault: unknown;
  #refusals = '';
  #seedTrouble = false;

  /** @throws InternalTokenError `configuration_invalid` */
  constructor(options: KeyStoreOptions) {
    const { source, clock = systemClock, random = Math.random } = options;
    const refreshSeconds = interval(options.refreshSeconds ?? 300, new OptionPath('KeyStore', 'refreshSeconds'));
    this.#options = options;
    this.#clock = clock;
    this.#budget = new RefreshBudget(() => clock.now());
    this.#age = new KeyAge(source, refreshSeconds, options.maxKeyAgeSeconds, clock);
    const intervalMs = refreshSeconds * 1000;
    this.#schedule = new RefreshSchedule({ intervalMs, clock, random, load: () => void this.refresh() });
    this.#seed =
      options.seedFile === undefined
        ? undefined
        : new KeySeed(options.seedFile, source.description, this.#age.limitSeconds);
  }

  /** True while there are usable keys that are not too old. */
  get ready(): boolean {
    return this.#keys.size > 0 && !this.#age.exceeded;
  }

  /** Seconds since the source last returned the current keys; undefined before there are any. */
  get ageSeconds(): number | undefined {
    return this.#age.seconds;
  }

  /**
   * Starts loading. Resolves after the first attempt; if it failed, after the seed file has been tried too. Further
   * attempts run in the background, so a service may start before the gateway has published its keys.
   * @throws (rejects with) why a source has no usable keys that never changes: further attempts would find the same
   */
  start(): Promise<void> {
    return (this.#started ??= this.#start());
  }

  /** Resolves when the store has become {@link ready} for the first time. */
  whenReady(): Promise<void> {
    return this.#whenReady.promise;
  }

  /** The current key with this id. */
  find(keyId: string): VerificationKey | undefined {
    return this.#keys.get(keyId);
  }

  /**
   * For an id that {@link find} does not know: loads the keys and looks again, if the budget allows a load. Resolves
   * within a second; concurrent callers share one load. `key_unknown` is returned only for a set loaded within the last
   * 30 seconds; if the load failed or took too long, the result is `keys_unavailable`.
   */
  findAfterRefresh(keyId: string): MissingKey | Promise<VerificationKey | MissingKey> {
    if (this.#options.source.fixed && this.ready) return 'key_unknown';
    if (this.#closing.signal.aborted) return 'keys_unavailable';
    const running = this.#loading;
    if (running === undefined && !this.#budget.takeForUnknownKey()) return whyMissing(!this.#failing);
    const search = running === undefined ? this.refresh() : running.then((loaded) => this.#searchAgain(keyId, loaded));
    return this.#withinWait(search).then((loaded) => this.find(keyId) ?? whyMissing(loaded));
  }

  /**
   * For a key that did not match a signature: loads the keys and resolves to the key that the source now has under the
   * same id, if it is another one. Returns undefined at once if the budget allows no load.
   */
  findReplacement(key: VerificationKey): Promise<VerificationKey | undefined> | undefined {
    if (this.#options.source.fixed || this.#closing.signal.aborted) return undefined;
    if (this.#loading === undefined && !this.#budget.takeForFailedSignature()) return undefined;
    return this.#withinWait(this.refresh()).then(() => {
      const found = this.find(key.keyId);
      return found === key ? undefined : found;
    });
  }

  /**
   * Loads the keys now, regardless of the budget; concurrent callers share one load. Never rejects: a failure is
   * reported as an event and leaves the keys unchanged. Resolves to true if the keys are now those of the source.
   */
  refresh(): Promise<boolean> {
    if (this.#loading !== undefined) return this.#loading;
    if (this.#closing.signal.aborted) return Promise.resolve(false);
    this.#loading = this.#outsideRequests(() => this.#load()).finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /**
   * For emergencies: waits for a running load, then loads again, so that the keys are those the source has after this
   * call. Never rejects; false if the source could not be read and the keys are unchanged.
   */
  async reload(): Promise<boolean> {
    await this.#loading;
    return this.refresh();
  }

  /** Stops background work; the keys stay usable. */
  close(): void {
    this.#closing.abort();
    this.#endNotices?.();
    this.#schedule.stop();
  }

  async #start(): Promise<void> {
    const { source } = this.#options;
    this.#endNotices = source.onChange?.(() => void this.reload());
    if (await this.refresh()) return;
    if (source.fixed && !this.#closing.signal.aborted) throw this.#fault;
    if (!this.ready) await this.#loadSeed();
  }

  /** A load that was already running when the key was asked for may have started before the key was published. */
  #searchAgain(keyId: string, loaded: boolean): boolean | Promise<boolean> {
    if (this.find(keyId) !== undefined) return true;
    return this.#loading !== undefined || this.#budget.takeForUnknownKey() ? this.refresh() : loaded;
  }

  async #load(): Promise<boolean> {
    const { source } = this.#options;
    const startedAt = this.#clock.now();
    try {
      const { admitted, refused } = validateKeySet(await this.#ask(source), this.#keys);
      this.#report(refused);
      if (admitted.size === 0) throw new Error('it has no usable key');
      if (this.#closing.signal.aborted) return false;
      this.#failing = false;
      this.#take(admitted, startedAt);
      if (this.#started !== undefined && !source.fixed) this.#schedule.succeeded(startedAt);
      return true;
    } catch (error) {
      if (this.#closing.signal.aborted) return false;
      this.#failing = true;
      this.#fault = error;
      if (this.#started !== undefined) this.#schedule.failed();
      this.#tell({
        type: 'load_failed',
        source: source.description,
        reason: reasonOf(error),
        failures: this.#schedule.failures,
        ageSeconds: this.#age.seconds,
        maxAgeSeconds: this.#age.limitSeconds,
      });
      return false;
    }
  }

  #take(admitted: ReadonlyMap<string, VerificationKey>, askedAt: number): void {
    const before = this.#keys;
    this.#keys = admitted;
    this.#age.set(this.#clock.now() - askedAt);
    this.#whenReady.resolve();
    const added = [...admitted].filter(([keyId, key]) => before.get(keyId) !== key).map(([keyId]) => keyId);
    const removed = [...before].filter(([keyId, key]) => admitted.get(keyId) !== key).map(([keyId]) => keyId);
    this.#tell({ type: 'loaded', keyIds: [...admitted.keys()], added, removed });
    if (this.#seed !== undefined) void this.#saveSeed(this.#seed, admitted, Date.now() - (this.#clock.now() - askedAt));
  }

  /** Rejects after the timeout even if the source ignores its signal. */
  async #ask(source: KeySource): Promise<JsonWebKeySet> {
    const overdue = new AbortController();
    const signal = AbortSignal.any([this.#closing.signal, overdue.signal]);
    const callOff = this.#clock.after(LOAD_TIMEOUT_MS, () => overdue.abort());
    try {
      return await new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('the source did not answer in time')), { once: true });
        source.load(signal).then(resolve, reject);
      });
    } finally {
      callOff();
    }
  }

  async #loadSeed(): Promise<void> {
    if (this.#seed === undefined) return;
    try {
      const { set, ageMs } = await this.#seed.read();
      const { admitted, refused } = validateKeySet(set);
      this.#report(refused);
      if (admitted.size === 0) throw new Error('it has no usable key');
      // The source may have answered while the file was being read.
      if (this.ready || this.#closing.signal.aborted) return;
      this.#keys = admitted;
      this.#age.set(ageMs);
      this.#whenReady.resolve();
      this.#tell({ type: 'seed_loaded', keyIds: [...admitted.keys()], ageSeconds: Math.round(ageMs / 1000) });
    } catch (error) {
      this.#tell({ type: 'seed_failed', action: 'read', reason: reasonOf(error) });
    }
  }

  async #saveSeed(seed: KeySeed, keys: ReadonlyMap<string, VerificationKey>, fetchedAt: number): Promise<void> {
    try {
      await seed.write([...keys.values()], fetchedAt);
      this.#seedTrouble = false;
    } catch (error) {
      if (!this.#seedTrouble) this.#tell({ type: 'seed_failed', action: 'write', reason: reasonOf(error) });
      this.#seedTrouble = true;
    }
  }

  #report(refused: readonly { readonly keyId: string | undefined; readonly reason: string }[]): void {
    const refusals = JSON.stringify(refused);
    if (refusals !== this.#refusals) for (const key of refused) this.#tell({ type: 'key_refused', ...key });
    this.#refusals = refusals;
  }

  /** A listener that throws must not end the process from the background. */
  #tell(event: KeyStoreEvent): void {
    try {
      this.#options.onEvent?.(event);
    } catch {
      // The listener's own problem: it does not change which keys there are.
    }
  }

  /** Resolves to false if the work takes longer than a request waits. */
  async #withinWait(work: Promise<boolean>): Promise<boolean> {
    const { promise: overdue, resolve } = Promise.withResolvers<boolean>();
    const callOff = this.#clock.after(MAX_WAIT_MS, () => resolve(false));
    try {
      return await Promise.race([work, overdue]);
    } finally {
      callOff();
    }
  }
}

function whyMissing(loaded: boolean): MissingKey {
  return loaded ? 'key_unknown' : 'keys_unavailable';
}

/** Without instanceof: errors may come from another realm, as those of Node itself do in some test runners. */
function reasonOf(error: unknown): string {
  const { message } = (error ?? {}) as { readonly message?: unknown };
  return typeof message === 'string' ? message.slice(0, 300) : 'unknown';
}
