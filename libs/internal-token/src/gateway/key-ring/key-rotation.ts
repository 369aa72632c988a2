import type { JsonWebKey } from 'node:crypto';
import { InternalTokenError } from '../../core/index.js';
import { type KeyDirectory, reason } from './key-directory.js';
import { adoptSigningKey, generateSigningKey, type KeyParameters } from './key-generator.js';
import { keysAt, type SigningKeyInfo } from './key-ring-snapshot.js';
import type { SafeRotationPolicy } from './rotation-policy.js';
import { UnsafeKeyChange } from './unsafe-key-change.js';

/** Retired keys are kept this long, without their private part, to explain key ids in old logs. */
const REMEMBER_MS = 30 * 86_400_000;
/** At most this many are kept: the directory is read every few seconds, and keys may change every minute. */
const MOST_REMEMBERED = 100;

/** What {@link KeyRotation.rotate} has arranged. */
export interface PlannedActivation {
  readonly keyId: string;
  /** Milliseconds since the epoch. */
  readonly activateAt: number;
  /** False if this was already planned. */
  readonly changed: boolean;
}

/**
 * Changes the keys in a directory: for a person by `nestjs-internal-token keys`, for the gateway by policy. A change
 * takes the lock, reads the keys again, and is refused if verifiers would then refuse valid tokens.
 */
export class KeyRotation {
  constructor(
    private readonly directory: KeyDirectory,
    private readonly policy: SafeRotationPolicy,
    private readonly parameters: KeyParameters = {},
    private readonly now: () => number = Date.now,
  ) {}

  /** The keys and their states now. */
  async keys(): Promise<SigningKeyInfo[]> {
    return keysAt(await this.directory.load(), this.now());
  }

  /**
   * Creates a key. It is published, and becomes active at once if no other key is.
   * @param own an existing private key, PEM or JWK, to use instead of a generated one
   * @returns the key id
   */
  async create(own?: string): Promise<string> {
    await this.directory.prepare();
    const jwk = await (own === undefined
      ? this.#generate(await this.keys())
      : adoptSigningKey(own, this.parameters.algorithm));
    return this.directory.locked(async () => {
      const keys = await this.keys();
      if (keys.some(({ keyId }) => keyId === jwk['kid'])) {
        throw new InternalTokenError(
          'configuration_invalid',
          `${this.directory.path} already has this key, or had it before.`,
        );
      }
      const first = !keys.some(({ state }) => state === 'active');
      if (first) this.#requireAllRead();
      return this.#write(jwk, first ? this.now() : undefined);
    });
  }

  /**
   * Plans the activation of the next key for when every verifier has it. Creates the key if none is waiting.
   * @param immediately true to activate it now, whether verifiers know it or not
   * @throws InternalTokenError `configuration_invalid` without an active key
   */
  async rotate(immediately = false): Promise<PlannedActivation> {
    return this.directory.locked(async () => {
      const keys = await this.keys();
      if (!keys.some(({ state }) => state === 'active')) {
        this.#requireAllRead();
        throw noActiveKey(this.directory.path);
      }
      const waiting = waitingKeys(keys);
      const planned = waiting.find(({ activateAt }) => activateAt !== undefined);
      if (planned?.activateAt !== undefined && !immediately) {
        return { keyId: planned.keyId, activateAt: planned.activateAt, changed: false };
      }
      const keyId = (planned ?? waiting[0])?.keyId ?? (await this.#make(keys));
      const activateAt = immediately ? this.#next(keys) : this.safeActivation(await this.#find(keyId));
      await this.directory.change(keyId, { activateAt });
      return { keyId, activateAt, changed: true };
    });
  }

  /**
   * Removes a key from the published set, and its private part from its file.
   * @param force also if valid tokens are then refused; the successor of an active key becomes active at once
   * @throws UnsafeKeyChange without `force`
   */
  async retire(keyId: string, force = false): Promise<void> {
    return this.directory.locked(async () => {
      const keys = await this.keys();
      const key = requireKey(keys, keyId);
      if (key.state === 'retired') return;
      if (!force) this.#requireSafe(keys, key);
      if (key.state === 'active') {
        const successor = waitingKeys(keys)[0]?.keyId ?? (await this.#make(keys));
        await this.directory.change(successor, { activateAt: this.now() });
      }
      await this.directory.change(keyId, { retiredAt: this.now() });
    });
  }

  /**
   * Applies the policy before the first token; an empty directory gets its first key.
   * @throws InternalTokenError (rejects) `configuration_invalid` if the directory cannot be written to
   */
  async start(): Promise<void> {
    await this.directory.prepare();
    try {
      await this.advance();
    } catch (error) {
      if (error instanceof InternalTokenError) throw error;
      throw new InternalTokenError(
        'configuration_invalid',
        `key rotation: ${this.directory.path} cannot be written to (${reason(error)}): make it writable, or remove the ` +
          'rotation policy.',
      );
    }
  }

  /** Makes the changes that are due by the policy, if any. Cheap enough to call often, from every replica. */
  async advance(): Promise<boolean> {
    if (!this.#due(await this.directory.load().then((keys) => keysAt(keys, this.now())))) return false;
    return this.directory.locked(async () => {
      const keys = await this.keys();
      // Another process may have done it while this one waited for the lock.
      if (!this.#due(keys)) return false;
      await this.#advance(keys);
      return true;
    });
  }

  /** The time from which a published key may sign. Milliseconds since the epoch. */
  safeActivation({ publishedAt = this.now() }: SigningKeyInfo): number {
    return Math.max(this.now(), publishedAt + this.policy.publishAheadSeconds * 1000);
  }

  /** The time from which a retiring key may be removed, in milliseconds since the epoch; undefined in other states. */
  safeRetirement(keys: readonly SigningKeyInfo[], key: SigningKeyInfo): number | undefined {
    if (key.state !== 'retiring') return undefined;
    const later = keys
      .filter(({ state, keyId }) => keyId !== key.keyId && (state === 'active' || state === 'retiring'))
      .map(({ activateAt }) => activateAt ?? 0)
      .filter((at) => at >= (key.activateAt ?? 0));
    return Math.min(...later) + this.policy.retireAfterSeconds * 1000;
  }

  #due(keys: readonly SigningKeyInfo[]): boolean {
    return this.#nextDue(keys) || this.#outlived(keys).length > 0 || this.#forgettable(keys).length > 0;
  }

  async #advance(keys: readonly SigningKeyInfo[]): Promise<void> {
    if (this.#nextDue(keys)) {
      const active = keys.find(({ state }) => state === 'active');
      const keyId =
        waitingKeys(keys)[0]?.keyId ?? (await this.#make(keys, active === undefined ? this.now() : undefined));
      if (active !== undefined) {
        const due = (active.activateAt ?? 0) + (this.policy.rotateEverySeconds ?? 0) * 1000;
        await this.directory.change(keyId, { activateAt: Math.max(due, this.safeActivation(await this.#find(keyId))) });
      }
    }
    for (const { keyId } of this.#outlived(keys)) await this.directory.change(keyId, { retiredAt: this.now() });
    for (const { keyId } of this.#forgettable(keys)) await this.directory.remove(keyId);
  }

  /** True if it is time to publish or plan the next key. */
  #nextDue(keys: readonly SigningKeyInfo[]): boolean {
    const { rotateEverySeconds, publishAheadSeconds } = this.policy;
    if (rotateEverySeconds === undefined) return false;
    if (waitingKeys(keys).some(({ activateAt }) => activateAt !== undefined)) return false;
    const active = keys.find(({ state }) => state === 'active');
    if (active === undefined) {
      if (keys.some(({ state }) => state !== 'retired')) return false;
      this.#requireAllRead();
      return true;
    }
    return (active.activateAt ?? 0) + (rotateEverySeconds - publishAheadSeconds) * 1000 <= this.now();
  }

  #outlived(keys: readonly SigningKeyInfo[]): readonly SigningKeyInfo[] {
    return keys.filter((key) => (this.safeRetirement(keys, key) ?? Infinity) <= this.now());
  }

  #forgettable(keys: readonly SigningKeyInfo[]): readonly SigningKeyInfo[] {
    return keys
      .filter(({ state }) => state === 'retired')
      .toSorted((a, b) => (b.retiredAt ?? 0) - (a.retiredAt ?? 0))
      .filter(({ retiredAt = 0 }, index) => index >= MOST_REMEMBERED || retiredAt + REMEMBER_MS <= this.now());
  }

  #requireSafe(keys: readonly SigningKeyInfo[], key: SigningKeyInfo): void {
    const now = this.now();
    if (key.state === 'active') {
      throw new UnsafeKeyChange(
        `${key.keyId} is the active key`,
        'verifiers refuse every token signed with it as soon as they refresh, and another key signs at once that some ' +
          'of them may not know yet',
      );
    }
    const safeAt = this.safeRetirement(keys, key);
    if (safeAt !== undefined && safeAt > now) {
      throw new UnsafeKeyChange(
        `tokens signed with ${key.keyId} are still valid`,
        'verifiers refuse them as soon as they refresh',
        safeAt,
      );
    }
    // Replicas that have not polled since would start to sign with it.
    const margin = 2 * this.policy.pollSeconds * 1000;
    if (key.state === 'published' && key.activateAt !== undefined && key.activateAt - margin <= now) {
      throw new UnsafeKeyChange(
        `${key.keyId} is about to become the active key`,
        'a gateway that has not noticed the change signs tokens with it, and verifiers refuse them',
      );
    }
  }

  /** A file that cannot be read may hold the active key; tokens signed with a new key would not be accepted. */
  #requireAllRead(): void {
    const [file] = this.directory.unusable;
    if (file === undefined) return;
    throw new InternalTokenError(
      'configuration_invalid',
      `${this.directory.path}: no active key can be read, but ${file} may be one: repair it or remove it.`,
    );
  }

  /** Now, but later than the active key, so that the new key becomes active even if clocks differ. */
  #next(keys: readonly SigningKeyInfo[]): number {
    const current = keys.find(({ state }) => state === 'active')?.activateAt ?? 0;
    return Math.max(this.now(), current + 1);
  }

  async #make(keys: readonly SigningKeyInfo[], activateAt?: number): Promise<string> {
    return this.#write(await this.#generate(keys), activateAt);
  }

  /** Unless configured, uses the algorithm of the active key: gateways and verifiers may accept no other. */
  #generate(keys: readonly SigningKeyInfo[]): Promise<JsonWebKey> {
    const algorithm = this.parameters.algorithm ?? keys.find(({ state }) => state === 'active')?.algorithm;
    return generateSigningKey({ ...this.parameters, ...(algorithm !== undefined && { algorithm }) });
  }

  async #write(jwk: JsonWebKey, activateAt: number | undefined): Promise<string> {
    await this.directory.write({ publishedAt: this.now(), jwk, ...(activateAt !== undefined && { activateAt }) });
    return String(jwk['kid']);
  }

  async #find(keyId: string): Promise<SigningKeyInfo> {
    return requireKey(await this.keys(), keyId);
  }
}

/** Keys that are published but not yet active: planned ones first, then the oldest. */
function waitingKeys(keys: readonly SigningKeyInfo[]): SigningKeyInfo[] {
  return keys
    .filter(({ state }) => state === 'published')
    .toSorted(
      (a, b) => (a.activateAt ?? Infinity) - (b.activateAt ?? Infinity) || (a.publishedAt ?? 0) - (b.publishedAt ?? 0),
    );
}

function requireKey(keys: readonly SigningKeyInfo[], keyId: string): SigningKeyInfo {
  const key = keys.find((candidate) => candidate.keyId === keyId);
  if (key === undefined) throw new InternalTokenError('configuration_invalid', `there is no key ${keyId}.`);
  return key;
}

function noActiveKey(path: string): InternalTokenError {
  return new InternalTokenError(
    'configuration_invalid',
    `${path} has no active key: create one with nestjs-internal-token keys new.`,
  );
}
