import { type JsonWebKeySet, InternalTokenError, type Signer, type SigningAlgorithm } from '../../core/index.js';
import { jwksProvider } from './jwks-provider.js';
import { KeyDirectory, reason } from './key-directory.js';
import { KeyRotation } from './key-rotation.js';
import { loadKeys } from './load-keys.js';
import { type KeyRingSnapshot, type SigningKeyInfo, snapshotOf } from './key-ring-snapshot.js';
import { type RotationPolicy, type SafeRotationPolicy, safeRotationPolicy } from './rotation-policy.js';
import type { SigningKey, SigningKeyProvider } from './signing-key-provider.js';

/** What a {@link KeyRing} tells its owner, to be logged and counted. Holds no key material. */
export type KeyRingEvent =
  | { readonly type: 'changed'; readonly active: string; readonly keys: readonly SigningKeyInfo[] }
  /** The keys are those of before. */
  | { readonly type: 'reload_failed'; readonly reason: string }
  | { readonly type: 'key_problem'; readonly reason: string }
  /** The policy was due and could not be followed; it is tried again. */
  | { readonly type: 'rotation_failed'; readonly reason: string };

/** Where the keys are: one of the three. */
type KeyRingSource =
  /** A directory of key files (`nestjs-internal-token keys new`), shared by all replicas of the gateway. */
  | { readonly directory: string }
  /** A private JWK set, or its JSON text. */
  | { readonly keys: string | JsonWebKeySet }
  | { readonly provider: SigningKeyProvider };

/** Settings of a {@link KeyRing}. */
export type KeyRingOptions = KeyRingSource & {
  /** Follow this policy; for a directory alone, where every replica may write. Default: change no key. */
  readonly rotation?: RotationPolicy;
  /** What new keys are for, and the only algorithm that keys may be for. Default: ES256 for new ones, any for others. */
  readonly algorithm?: SigningAlgorithm;
  readonly onEvent?: (event: KeyRingEvent) => void;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
};

/** `setTimeout` takes no more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The keys of an issuer: one signs, those before and after it are published beside it. Follows its source without a
 * restart; whatever goes wrong there, it keeps the keys it has.
 */
export class KeyRing {
  /** Seconds: the longest life of a token that its rotation policy leaves accepted to the end. */
  readonly longestLifetime: number;
  readonly #provider: SigningKeyProvider;
  readonly #algorithm: SigningAlgorithm | undefined;
  readonly #rotation: KeyRotation | undefined;
  readonly #pollSeconds: number;
  readonly #now: () => number;
  readonly #onEvent: (event: KeyRingEvent) => void;
  readonly #listeners = new Set<() => void>();
  #loaded: readonly SigningKey[];
  #view: KeyRingSnapshot;
  #loading: Promise<void> | undefined;
  #again: Promise<void> | undefined;
  #poll: NodeJS.Timeout | undefined;
  #activation: NodeJS.Timeout | undefined;
  #unwatch: (() => void) | undefined;
  #closed = false;
  /** A failure is told once, not at every poll. */
  readonly #told = new Map<KeyRingEvent['type'], string>();

  private constructor(provider: SigningKeyProvider, keys: readonly SigningKey[], options: RingParts) {
    this.longestLifetime = options.longestLifetime;
    this.#provider = provider;
    this.#algorithm = options.algorithm;
    this.#rotation = options.rotation;
    this.#pollSeconds = provider.pollSeconds ?? options.pollSeconds;
    this.#now = options.now ?? Date.now;
    this.#onEvent = options.onEvent ?? (() => undefined);
    this.#loaded = keys;
    this.#view = snapshotOf(keys, this.#now(), this.#algorithm);
  }

  /**
   * A ring with its keys loaded, following its source until {@link close}.
   * @param lifetimeSeconds of the tokens that it signs
   * @throws InternalTokenError `configuration_invalid` where there is no usable active key, or a rotation policy cannot
   * keep every good token accepted
   */
  static async open(options: KeyRingOptions, lifetimeSeconds = 60): Promise<KeyRing> {
    const provider = await providerOf(options);
    const policy = safeRotationPolicy(options.rotation ?? {}, lifetimeSeconds);
    const rotation = rotationOf(options, provider, policy);
    const { algorithm, onEvent, now } = options;
    const report = (text: string): void => onEvent?.({ type: 'key_problem', reason: text });
    await rotation?.start();
    const keys = await loadKeys(provider, report).catch((error: unknown) => {
      if (error instanceof InternalTokenError) throw error;
      throw new InternalTokenError('configuration_invalid', `key ring: ${provider.description}: ${reason(error)}`);
    });
    const ring = new KeyRing(provider, keys, {
      pollSeconds: policy.pollSeconds,
      longestLifetime: options.rotation === undefined ? Infinity : policy.retireAfterSeconds - policy.leewaySeconds,
      ...(algorithm !== undefined && { algorithm }),
      ...(onEvent !== undefined && { onEvent }),
      ...(now !== undefined && { now }),
      ...(rotation !== undefined && { rotation }),
    });
    ring.#follow();
    return ring;
  }

  /** A ring of one key, which nothing changes. */
  static of(signer: Signer): KeyRing {
    const provider: SigningKeyProvider = { description: 'one key', pollSeconds: 0, load: async () => keys };
    const keys: SigningKey[] = [{ key: signer, state: 'active' }];
    return new KeyRing(provider, keys, { pollSeconds: 0, longestLifetime: Infinity });
  }

  /** The one that signs now. */
  get active(): Signer {
    return this.#current().active;
  }

  /** Every key with its state, retired ones that are still known included. */
  get keys(): readonly SigningKeyInfo[] {
    return this.#current().keys;
  }

  /** For verifiers: every key that is published, active or retiring, with its public members alone. */
  publicJwks(): JsonWebKeySet {
    return this.#current().published;
  }

  /**
   * Loads the keys now. What was asked for during a load is answered by another one, so that a caller sees what it has
   * changed before.
   * @throws Error (rejects) where they cannot be had or used; the ring then is as it was
   */
  reload(): Promise<void> {
    if (this.#loading === undefined) return this.#startLoading();
    return (this.#again ??= this.#loading
      .catch(() => undefined)
      .then(() => {
        this.#again = undefined;
        return this.#startLoading();
      }));
  }

  /** Calls back when {@link publicJwks} or {@link active} has changed. Returns what ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends background work. The keys stay usable unless they are the provider's to end. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#poll);
    clearTimeout(this.#activation);
    this.#unwatch?.();
    await this.#provider.close?.();
  }

  /** Called by Nest when the last request is over. */
  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  /** A planned activation happens when its time has come, timer or not: every replica at the same moment. */
  #current(): KeyRingSnapshot {
    const now = this.#now();
    if (now >= this.#view.validUntil) this.#take(this.#loaded, now);
    return this.#view;
  }

  #startLoading(): Promise<void> {
    this.#loading = this.#load().finally(() => (this.#loading = undefined));
    return this.#loading;
  }

  async #load(): Promise<void> {
    try {
      const report = (text: string): void => this.#tell({ type: 'key_problem', reason: text });
      const keys = await loadKeys(this.#provider, report);
      this.#take(keys, this.#now());
      this.#told.delete('reload_failed');
    } catch (error) {
      this.#fail('reload_failed', `${this.#provider.description}: ${reason(error)}`);
      throw error;
    }
  }

  #take(keys: readonly SigningKey[], now: number): void {
    const view = snapshotOf(keys, now, this.#algorithm);
    const before = this.#view;
    this.#loaded = keys;
    const same = sameKeys(before, view);
    this.#view = same ? { ...view, published: before.published } : view;
    this.#planActivation();
    if (same) return;
    this.#tell({ type: 'changed', active: view.active.keyId, keys: view.keys });
    for (const listener of this.#listeners) quietly(listener);
  }

  #follow(): void {
    this.#planActivation();
    if (this.#pollSeconds <= 0) return;
    this.#unwatch = this.#provider.watch?.(() => void this.reload().catch(() => undefined));
    this.#planPoll();
  }

  #planPoll(): void {
    if (this.#closed) return;
    this.#poll = setTimeout(() => void this.#tick().finally(() => this.#planPoll()), this.#pollSeconds * 1000).unref();
  }

  async #tick(): Promise<void> {
    try {
      await this.#rotation?.advance();
      this.#told.delete('rotation_failed');
    } catch (error) {
      this.#fail('rotation_failed', reason(error));
    }
    await this.reload().catch(() => undefined);
  }

  /** Tokens need no timer, see {@link KeyRing.active}; whoever listens for changes does. */
  #planActivation(): void {
    clearTimeout(this.#activation);
    const wait = this.#view.validUntil - this.#now();
    if (this.#closed || wait === Infinity) return;
    this.#activation = setTimeout(() => void this.#current(), Math.min(wait + 1, LONGEST_TIMER_MS)).unref();
  }

  #fail(type: 'reload_failed' | 'rotation_failed', why: string): void {
    if (this.#told.get(type) === why) return;
    this.#told.set(type, why);
    this.#tell({ type, reason: why });
  }

  #tell(event: KeyRingEvent): void {
    quietly(() => this.#onEvent(event));
  }
}

interface RingParts {
  readonly pollSeconds: number;
  readonly longestLifetime: number;
  readonly rotation?: KeyRotation;
  readonly algorithm?: SigningAlgorithm;
  readonly onEvent?: (event: KeyRingEvent) => void;
  readonly now?: () => number;
}

/** A listener that throws must not end the process from the background. */
function quietly(call: () => void): void {
  try {
    call();
  } catch {
    // Its owner's matter; the keys are in place regardless.
  }
}

/** The active key stands first: where another one is active the sets differ too. */
function sameKeys(a: KeyRingSnapshot, b: KeyRingSnapshot): boolean {
  return JSON.stringify(a.published) === JSON.stringify(b.published);
}

async function providerOf(options: KeyRingOptions): Promise<SigningKeyProvider> {
  const given = ['directory', 'keys', 'provider'].filter(
    (name) => (options as Record<string, unknown>)[name] !== undefined,
  );
  if (given.length !== 1) {
    throw invalid(
      `${given.length === 0 ? 'it has no source' : given.join(' and ')}: give one of directory, keys, provider.`,
    );
  }
  if ('directory' in options) return new KeyDirectory(options.directory);
  return 'keys' in options ? jwksProvider(options.keys) : options.provider;
}

function rotationOf(
  { rotation, algorithm, now }: KeyRingOptions,
  provider: SigningKeyProvider,
  policy: SafeRotationPolicy,
): KeyRotation | undefined {
  if (rotation === undefined) return undefined;
  if (provider instanceof KeyDirectory) {
    // Of its own, so that what the ring reads and reports does not depend on what the rotation has read before.
    return new KeyRotation(new KeyDirectory(provider.path), policy, algorithm === undefined ? {} : { algorithm }, now);
  }
  if (policy.rotateEverySeconds === undefined) return undefined;
  throw invalid(`rotateEverySeconds needs a directory: ${provider.description} cannot be written to.`);
}

function invalid(finding: string): InternalTokenError {
  return new InternalTokenError('configuration_invalid', `key ring: ${finding}`);
}
