import type { JsonWebKey } from 'node:crypto';
import {
  validateKeySet,
  InternalTokenError,
  type JsonWebKeySet,
  type Signer,
  type SigningAlgorithm,
} from '../../core/index.js';
import type { SigningKey, SigningKeyState } from './signing-key-provider.js';

/** The public facts about a key of the ring. Times are milliseconds since the epoch. */
export interface SigningKeyInfo {
  readonly keyId: string;
  readonly algorithm: SigningAlgorithm;
  readonly state: SigningKeyState;
  readonly publishedAt?: number;
  readonly activateAt?: number;
  readonly retiredAt?: number;
}

/** The state of a ring, valid until the next planned activation. */
export interface KeyRingSnapshot {
  readonly active: Signer;
  readonly keys: readonly SigningKeyInfo[];
  /** Public members of every key that is published, active or retiring. */
  readonly published: JsonWebKeySet;
  /** When the next planned key becomes active; `Infinity` without one. */
  readonly validUntil: number;
}

const NEWEST_FIRST: Readonly<Record<SigningKeyState, number>> = { published: 1, active: 0, retiring: 2, retired: 3 };

/** The keys with their states at this moment, the active one first. At most one is active. */
export function keysAt(keys: readonly SigningKey[], now: number): SigningKeyInfo[] {
  const active = activeOf(keys, now);
  return keys
    .map((key) => {
      const { kid, alg } = key.key.publicJwk;
      const { publishedAt, activateAt, retiredAt } = key;
      const overtaken = key !== active && activation(key, now) !== undefined;
      const state = key === active ? 'active' : overtaken ? 'retiring' : key.state;
      return {
        keyId: kid,
        algorithm: alg,
        state,
        ...(publishedAt !== undefined && { publishedAt }),
        ...(activateAt !== undefined && { activateAt }),
        ...(retiredAt !== undefined && { retiredAt }),
      };
    })
    .toSorted((a, b) => NEWEST_FIRST[a.state] - NEWEST_FIRST[b.state] || (b.publishedAt ?? 0) - (a.publishedAt ?? 0));
}

function activeOf(keys: readonly SigningKey[], now: number): SigningKey | undefined {
  const due = keys.filter((key) => activation(key, now) !== undefined);
  if (due.length > 0) return due.toSorted((a, b) => byActivation(a, b, now)).at(-1);
  // Without an active key, take a planned one early: the clock that planned it may be ahead of this one.
  const planned = keys.filter(({ state, activateAt }) => state === 'published' && activateAt !== undefined);
  return planned.toSorted((a, b) => byActivation(a, b, Infinity))[0];
}

/** When a key became eligible as the active one; the latest is active. Undefined if it is not eligible. */
function activation({ state, activateAt }: SigningKey, now: number): number | undefined {
  if (state === 'active') return activateAt ?? -Infinity;
  return state === 'published' && activateAt !== undefined && activateAt <= now ? activateAt : undefined;
}

/** Breaks ties by key id, so that every replica takes the same of two keys planned for the same moment. */
function byActivation(a: SigningKey, b: SigningKey, now: number): number {
  const [left, right] = [activation(a, now) ?? 0, activation(b, now) ?? 0];
  if (left !== right) return left < right ? -1 : 1;
  return a.key.publicJwk.kid < b.key.publicJwk.kid ? -1 : 1;
}

/**
 * @param algorithm if given, the only algorithm that keys of this ring may have
 * @throws InternalTokenError `configuration_invalid` if these keys cannot sign, or verifiers would refuse one of them
 */
export function snapshotOf(keys: readonly SigningKey[], now: number, algorithm?: SigningAlgorithm): KeyRingSnapshot {
  const infos = keysAt(keys, now);
  const byId = new Map(keys.map((key) => [key.key.publicJwk.kid, key]));
  if (byId.size !== keys.length) throw invalid('two keys have the same kid.');
  if (keys.filter(({ state }) => state === 'active').length > 1) throw invalid('more than one key is active.');

  const inUse = infos.filter(({ state }) => state !== 'retired');
  const foreign = inUse.find((info) => algorithm !== undefined && info.algorithm !== algorithm);
  if (foreign !== undefined) {
    throw invalid(`the key ${foreign.keyId} is for ${foreign.algorithm}, but verifiers accept only ${algorithm}.`);
  }
  const active = inUse.find(({ state }) => state === 'active');
  if (active === undefined) throw invalid(`none of its ${inUse.length} keys is active.`);
  const signer = byId.get(active.keyId)?.key;
  if (signer === undefined || !('sign' in signer)) {
    throw invalid(`the private part of the active key ${active.keyId} is missing.`);
  }
  // Fail now and not when the key becomes active.
  const mute = keys.find(
    ({ key, state, activateAt }) => state === 'published' && activateAt !== undefined && !('sign' in key),
  );
  if (mute !== undefined) throw invalid(`the private part of the planned key ${mute.key.publicJwk.kid} is missing.`);
  const published = { keys: inUse.flatMap(({ keyId }) => publicMembers(byId.get(keyId)?.key.publicJwk)) };
  const [refused] = validateKeySet(published).refused;
  if (refused !== undefined) throw invalid(`verifiers would refuse the key ${refused.keyId}: ${refused.reason}.`);
  const planned = keys.filter(({ state }) => state === 'published').map(({ activateAt }) => activateAt ?? Infinity);
  return Object.freeze({
    active: signer,
    keys: Object.freeze(infos.map((info) => Object.freeze(info))),
    published: Object.freeze({ keys: Object.freeze(published.keys) }),
    validUntil: Math.min(Infinity, ...planned.filter((at) => at > now)),
  });
}

const PUBLIC_MEMBERS = ['kty', 'crv', 'x', 'y', 'n', 'e', 'kid', 'alg', 'use'];

/** Copies only the listed members, whatever else a provider's key contains. */
export function publicMembers(jwk: JsonWebKey | undefined): JsonWebKey[] {
  if (jwk === undefined) return [];
  const members = PUBLIC_MEMBERS.filter((name) => jwk[name] !== undefined).map((name) => [name, jwk[name]]);
  return [Object.freeze(Object.fromEntries(members) as JsonWebKey)];
}

function invalid(finding: string): InternalTokenError {
  return new InternalTokenError('configuration_invalid', `key ring: ${finding}`);
}
