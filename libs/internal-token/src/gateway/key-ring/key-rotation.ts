import type { JsonWebKey } from 'node:crypto';
import { InternalTokenError } from '../../core/index.js';
import { type KeyDirectory, reason } from './key-directory.js';
import { adoptSigningKey, generateSigningKey, type KeyParameters } from './key-generator.js';
import { keysAt, type SigningKeyInfo } from './key-ring-snapshot.js';
import type { SafeRotationPolicy } from './rotation-policy.js';
import { UnsafeKeyChange } from './unsafe-key-change.js';

/** Retired keys are kept this long, without their private half, to say what a key id in an old log was. */
const REMEMBER_MS = 30 * 86_400_000;
/** And this many at most: the directory is read every few seconds, and keys may change every minute. */
const MOST_REMEMBERED = 100;

/** What {@link KeyRotation.rotate} has arranged. */
export interface PlannedActivation {
  readonly keyId: string;
  /** Milliseconds since the epoch. */
  readonly activateAt: number;
  /** False where the same was planned already. */
  readonly changed: boolean;
}

/**
 * Every change of the keys in a directory: of a person by `itok`, and of the gateway by policy. A change waits for its
 * lock, looks again, and is refused where it would have verifiers refuse good tokens.
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
   * A new key: published, and the active one at once if there is none.
   * @param own a private key that exists already, PEM or JWK, in place of a generated one
   * @returns its id
   */
  async create(own?: string): Promise<string> {
    await this.directory.prepare();
    const jwk = await (own === undefined
      ? this.#generate(await this.keys())
      : adoptSigningKey(own, this.parameters.algorithm));
    return this.directory.locked(async () => {
      const keys = await this.keys();
      if (keys.some(({ keyId }) => keyId === jwk['kid'])) {
        throw new InternalTokenError('configuration_invalid', `${this.directory.path} has had this key already.`);
      }
      const first = !keys.some(({ state }) => state === 'active');
      if (first) this.#requireAllRead();
      return this.#write(jwk, first ? this.now() : undefined);
    });
  }

  /**
   * Plans the next key, made if none is waiting, to become the active one: as soon as every verifier has it.
   * @param immediately now, known to the verifiers or not
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
   * Takes a key out of the published set and its private half out of the file.
   * @param force also where tokens that are still good are refused then; a retired active key has a successor at once
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
   * Brings the directory up to the policy before the first token; an empty one gets its first key.
   * @throws InternalTokenError `configuration_invalid` where it cannot be written to
   */
  async start(): Promise<void> {
    await this.directory.prepare();
    try {
      await this.advance();
    } catch (error) {
      if (error instanceof InternalTokenError) throw error;
      throw new InternalTokenError(
        'configuration_invalid',
        `key rotation: ${this.directory.path} cannot be written to (${reason(error)}), and a policy needs to.`,
      );
    }
  }

  /** Does what the policy has become due for, if anything: cheap to call often, from every replica. */
  async advance(): Promise<boolean> {
    if (!this.#due(await this.directory.load().then((keys) => keysAt(keys, this.now())))) return false;
    return this.directory.locked(async () => {
      const keys = await this.keys();
      // Somebody else may have done it while we waited for the lock.
      if (!this.#due(keys)) return false;
      await this.#advance(keys);
      return true;
    });
  }

  /** From when on a published key may sign. Milliseconds since the epoch. */
  safeActivation({ publishedAt = this.now() }: SigningKeyInfo): number {
    return Math.max(this.now(), publishedAt + this.policy.publishAheadSeconds * 1000);
  }

  /** From when on a retiring key may go. Milliseconds since the epoch; undefined for a key in another state. */
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

  /** Time to publish, or plan, the next key. */
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
        'every token signed with it is refused as soon as verifiers refresh, and another key signs at once that some ' +
          'of them may not know yet',
      );
    }
    const safeAt = this.safeRetirement(keys, key);
    if (safeAt !== undefined && safeAt > now) {
      throw new UnsafeKeyChange(
        `tokens signed with ${key.keyId} are still good`,
        'they are refused as soon as verifiers refresh',
        safeAt,
      );
    }
    // Replicas that have not looked since would go on to sign with it.
    const margin = 2 * this.policy.pollSeconds * 1000;
    if (key.state === 'published' && key.activateAt !== undefined && key.activateAt - margin <= now) {
      throw new UnsafeKeyChange(
        `${key.keyId} becomes the active key in a moment`,
        'a gateway that has not noticed yet signs tokens with it that are refused',
      );
    }
  }

  /** A file that cannot be read may be the active key: another one in its place would sign what nobody accepts. */
  #requireAllRead(): void {
    const [file] = this.directory.unusable;
    if (file === undefined) return;
    throw new InternalTokenError(
      'configuration_invalid',
      `${this.directory.path}: no active key can be read, and ${file} may be one: mend it, or take it away.`,
    );
  }

  /** Now, and later than every key before it, so that the newest is the active one whatever clocks say. */
  #next(keys: readonly SigningKeyInfo[]): number {
    const current = keys.find(({ state }) => state === 'active')?.activateAt ?? 0;
    return Math.max(this.now(), current + 1);
  }

  async #make(keys: readonly SigningKeyInfo[], activateAt?: number): Promise<string> {
    return this.#write(await this.#generate(keys), activateAt);
  }

  /** For the algorithm of the active key, unless told: gateways and verifiers may accept no other. */
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

/** Published and not active yet: planned ones first, then the oldest. */
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
    `${path} has no active key: make one with nestjs-internal-token keys new.`,
  );
}
