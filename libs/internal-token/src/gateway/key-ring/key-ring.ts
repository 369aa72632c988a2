import {
  algorithmOption,
  InternalTokenError,
  type JsonWebKeySet,
  option,
  OptionPath,
  type Signer,
  type SigningAlgorithm,
} from '../../core/index.js';
import { jwksProvider } from './jwks-provider.js';
import { KeyDirectory, reason } from './key-directory.js';
import { KeyRotation } from './key-rotation.js';
import { loadKeys } from './load-keys.js';
import { type KeyRingSnapshot, type SigningKeyInfo, snapshotOf } from './key-ring-snapshot.js';
import { type RotationPolicy, type SafeRotationPolicy, safeRotationPolicy } from './rotation-policy.js';
import type { SigningKey, SigningKeyProvider } from './signing-key-provider.js';

/** What a {@link KeyRing} reports to its owner, for logs and metrics. Contains no key material. */
export type KeyRingEvent =
  | { readonly type: 'changed'; readonly active: string; readonly keys: readonly SigningKeyInfo[] }
  /** The keys are unchanged. */
  | { readonly type: 'reload_failed'; readonly reason: string }
  | { readonly type: 'key_problem'; readonly reason: string }
  /** A rotation was due but failed; it is tried again. */
  | { readonly type: 'rotation_failed'; readonly reason: string };

/** Where the keys come from: one of the three. */
type KeyRingSource =
  /** A directory of key files (`nestjs-internal-token keys new`), shared by all replicas of the gateway. */
  | { readonly directory: string }
  /** A private JWK set, or its JSON text. */
  | { readonly keys: string | JsonWebKeySet }
  | { readonly provider: SigningKeyProvider };

/** Settings of a {@link KeyRing}. */
export type KeyRingOptions = KeyRingSource & {
  /** Rotates the keys by this policy; only for a directory to which every replica can write. Default: no rotation. */
  readonly rotation?: RotationPolicy;
  /** The algorithm of new keys, and the only one that keys may have. Default: ES256 for new keys, any for others. */
  readonly algorithm?: SigningAlgorithm;
  readonly onEvent?: (event: KeyRingEvent) => void;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
};

/** The longest delay that `setTimeout` takes. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The keys of an issuer: one signs, and its predecessors and successors are published beside it. Follows changes of its
 * source without a restart, and keeps its keys if the source fails.
 */
export class KeyRing {
  /** Seconds: the longest token lifetime for which a key stays published until its last token has expired. */
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
  /** The last failure of each type, so that it is reported once and not at every poll. */
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
   * Loads the keys and follows the source until {@link close}.
   * @param lifetimeSeconds of the tokens that the ring signs
   * @throws InternalTokenError (rejects) `configuration_invalid` if there is no usable active key, or if the rotation
   * policy would make verifiers refuse valid tokens
   */
  static async open(given: KeyRingOptions, lifetimeSeconds = 60): Promise<KeyRing> {
    const options = resolveOptions(given);
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

  /**
   * Checks that a rotation policy keeps every valid token accepted, as {@link open} does.
   * @throws InternalTokenError `configuration_invalid`, naming the numbers
   */
  static checkRotation(rotation: RotationPolicy, lifetimeSeconds = 60): void {
    safeRotationPolicy(rotation, lifetimeSeconds);
  }

  /** A ring of one key that never changes. */
  static of(signer: Signer): KeyRing {
    const provider: SigningKeyProvider = { description: 'one key', pollSeconds: 0, load: async () => keys };
    const keys: SigningKey[] = [{ key: signer, state: 'active' }];
    return new KeyRing(provider, keys, { pollSeconds: 0, longestLifetime: Infinity });
  }

  /** The signer that signs now. */
  get active(): Signer {
    return this.#current().active;
  }

  /** Every key with its state, including retired ones that are still remembered. */
  get keys(): readonly SigningKeyInfo[] {
    return this.#current().keys;
  }

  /** For verifiers: the public members of every key that is published, active or retiring. */
  publicJwks(): JsonWebKeySet {
    return this.#current().published;
  }

  /**
   * Loads the keys now. A call during a load starts another one afterwards, so that a caller sees its own changes.
   * @throws Error (rejects) if the keys cannot be loaded or used; the ring is then unchanged
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

  /** Calls `listener` when {@link publicJwks} or {@link active} has changed. Returns the function that stops it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stops background work. The keys stay usable, unless closing the provider ends them. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#poll);
    clearTimeout(this.#activation);
    this.#unwatch?.();
    await this.#provider.close?.();
  }

  /** Called by Nest after the last request. */
  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  /** Activates a planned key when its time has come, even before the timer fires: all replicas switch together. */
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

  /** The timer is for listeners only; for tokens, {@link KeyRing.active} checks the time itself. */
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
    // The listener's own problem: the keys are in place regardless.
  }
}

/** The order of the published keys depends on which one is active, so comparing the sets is enough. */
function sameKeys(a: KeyRingSnapshot, b: KeyRingSnapshot): boolean {
  return JSON.stringify(a.published) === JSON.stringify(b.published);
}

const SOURCES = ['directory', 'keys', 'provider'] as const;

const members = option.group({
  directory: option.optional(option.text('the path of a directory of key files')),
  keys: option.optional(
    option.secret(
      option.check<string | JsonWebKeySet>('a private JWK set, or its JSON text', (given) =>
        ['string', 'object'].includes(typeof given),
      ),
    ),
  ),
  provider: option.optional(option.instance<SigningKeyProvider>('a SigningKeyProvider: an object with load()', 'load')),
  rotation: option.optional(option.instance<RotationPolicy>('a rotation policy')),
  algorithm: option.optional(algorithmOption),
  onEvent: option.optional(option.callback<(event: KeyRingEvent) => void>()),
  now: option.optional(option.callback<() => number>()),
});

type ResolvedKeyRingOptions = ReturnType<typeof members>;

function resolveOptions(options: KeyRingOptions): ResolvedKeyRingOptions {
  const at = new OptionPath('KeyRing');
  const resolved = members(options, at);
  const named = SOURCES.filter((name) => resolved[name] !== undefined);
  if (named.length === 1) return resolved;
  const finding =
    named.length === 0 ? 'has no source of keys' : `has ${named.map((name) => `"${name}"`).join(' and ')}`;
  throw at.refused(`${finding}; give exactly one of ${option.either(SOURCES)}`);
}

async function providerOf({ directory, keys, provider }: ResolvedKeyRingOptions): Promise<SigningKeyProvider> {
  if (directory !== undefined) return new KeyDirectory(directory);
  return provider ?? jwksProvider(keys ?? '');
}

function rotationOf(
  { rotation, algorithm, now }: ResolvedKeyRingOptions,
  provider: SigningKeyProvider,
  policy: SafeRotationPolicy,
): KeyRotation | undefined {
  if (rotation === undefined) return undefined;
  if (provider instanceof KeyDirectory) {
    // A separate KeyDirectory, so that what the ring reads and reports does not depend on what the rotation has read.
    return new KeyRotation(new KeyDirectory(provider.path), policy, algorithm === undefined ? {} : { algorithm }, now);
  }
  if (policy.rotateEverySeconds === undefined) return undefined;
  throw new OptionPath('KeyRing', 'rotation.rotateEverySeconds').refused(
    `needs a "directory": ${provider.description} cannot be written to`,
  );
}
