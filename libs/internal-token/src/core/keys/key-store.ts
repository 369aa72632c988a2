import { AsyncLocalStorage } from 'node:async_hooks';
import { admitKeys } from './admission.js';
import type { KeySource } from './key-source.js';
import { RefreshBudget } from './refresh-budget.js';
import type { VerificationKey } from './verification-key.js';

/** What a {@link KeyStore} tells its owner, to be logged and counted. Holds no key material. */
export type KeyStoreEvent =
  | { readonly type: 'loaded'; readonly keyIds: readonly string[] }
  | { readonly type: 'load_failed'; readonly source: string; readonly reason: string }
  | { readonly type: 'key_refused'; readonly keyId: string | undefined; readonly reason: string };

/** Settings of a {@link KeyStore}. */
export interface KeyStoreOptions {
  readonly source: KeySource;
  readonly onEvent?: (event: KeyStoreEvent) => void;
  /** Milliseconds of a monotonic clock. Default `performance.now`. */
  readonly clock?: () => number;
}

/** One attempt to load may take this long. */
const LOAD_TIMEOUT_MS = 5000;
/** A request with an unknown key id waits this long for the refresh it shares with others. */
const MAX_WAIT_MS = 1000;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 5000;

/**
 * The public keys that verify tokens. Lookups never wait and never do I/O; whatever goes wrong with the source,
 * the last good keys stay.
 *
 * Keys are loaded at the start and when an unknown key id asks for them. A schedule is one more caller of
 * {@link refresh}.
 */
export class KeyStore {
  readonly #options: KeyStoreOptions;
  readonly #budget: RefreshBudget;
  readonly #closing = new AbortController();
  readonly #whenReady: Promise<void>;
  #markReady: () => void = () => undefined;
  /** Loads belong to the process, not to the request that caused one: they keep no request's context alive. */
  readonly #outsideRequests = AsyncLocalStorage.snapshot();
  #keys: ReadonlyMap<string, VerificationKey> = new Map();
  #started: Promise<void> | undefined;
  #loading: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: KeyStoreOptions) {
    this.#options = options;
    this.#budget = new RefreshBudget(options.clock ?? (() => performance.now()));
    this.#whenReady = new Promise((resolve) => {
      this.#markReady = resolve;
    });
  }

  /** True once a usable key is held; never false again. */
  get ready(): boolean {
    return this.#keys.size > 0;
  }

  /**
   * Begins to load. Resolves after the first attempt, successful or not; attempts go on in the background, with
   * growing pauses, until one succeeds: a service may start before the gateway has published its keys.
   */
  start(): Promise<void> {
    return (this.#started ??= this.#loadUntilReady(FIRST_RETRY_MS));
  }

  /** Resolves once {@link ready}. */
  whenReady(): Promise<void> {
    return this.#whenReady;
  }

  /** The key of this id, if it is held. */
  find(keyId: string): VerificationKey | undefined {
    return this.#keys.get(keyId);
  }

  /**
   * For an id that {@link find} does not know: undefined if no load may be made for it now, else a promise of the key,
   * or of undefined, within a second. All who wait share one load.
   */
  findAfterRefresh(keyId: string): Promise<VerificationKey | undefined> | undefined {
    if (this.#closing.signal.aborted) return undefined;
    if (this.#loading === undefined && !this.#budget.take()) return undefined;
    return this.#withinWait(this.refresh()).then(() => this.find(keyId));
  }

  /**
   * Loads the keys now, whatever the budget; concurrent callers share one load.
   * Never rejects: a failure is an event, and the keys stay as they were.
   */
  refresh(): Promise<void> {
    if (this.#loading !== undefined) return this.#loading;
    this.#budget.noteLoad();
    this.#loading = this.#outsideRequests(() => this.#load()).finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** Ends background work; the keys stay usable. */
  close(): void {
    this.#closing.abort();
    clearTimeout(this.#retry);
  }

  async #loadUntilReady(pauseMs: number): Promise<void> {
    await this.refresh();
    if (this.ready || this.#closing.signal.aborted) return;
    const jitter = 0.9 + Math.random() * 0.2;
    this.#retry = setTimeout(
      () => void this.#loadUntilReady(Math.min(pauseMs * 2, LONGEST_RETRY_MS)),
      pauseMs * jitter,
    ).unref();
  }

  async #load(): Promise<void> {
    const { source } = this.#options;
    try {
      const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(LOAD_TIMEOUT_MS)]);
      const { admitted, refused } = admitKeys(await settled(source.load(signal), signal));
      for (const key of refused) this.#tell({ type: 'key_refused', ...key });
      if (admitted.size === 0) throw new Error('it has no usable key');
      this.#keys = admitted;
      this.#markReady();
      this.#tell({ type: 'loaded', keyIds: [...admitted.keys()] });
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      const reason = error instanceof Error ? error.message : 'unknown';
      this.#tell({ type: 'load_failed', source: source.description, reason });
    }
  }

  /** A listener that throws must not end the process from the background. */
  #tell(event: KeyStoreEvent): void {
    try {
      this.#options.onEvent?.(event);
    } catch {
      // Its owner's matter; the keys are in place or not regardless.
    }
  }

  #withinWait(load: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(), MAX_WAIT_MS);
      void load.then(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** What the source gives, or a rejection when the signal fires: a source may ignore its signal. */
function settled<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('the source did not answer in time')), { once: true });
    void work.then(resolve, reject);
  });
}
