import { KeyObject } from 'node:crypto';
import { isSigningAlgorithm, SIGNING_ALGORITHMS } from './algorithms.js';
import {
  amount,
  check,
  type Check,
  type ChecksOf,
  either,
  flag,
  group,
  instance,
  isRecord,
  listOf,
  type OptionPath,
  optional,
  secret,
  text,
  withDefault,
} from '../options/index.js';
import { isShortId } from '../is-short-id.js';
import { tlsOption } from '../tls-material.js';
import type { KeyInput } from './import-key.js';
import { jwksFileSource } from './jwks-file-source.js';
import { type JwksUriOptions, jwksUriSource } from './jwks-uri-source.js';
import type { KeySource } from './key-source.js';
import { publicKeySource, type PublicKeyOptions } from './public-key-source.js';

/** Where public keys come from, one of the four, and for how long they count. Never a private key. */
export type KeyOptions =
  /** Published at a URL. */
  (
    | ({ readonly jwksUri: string } & JwksUriOptions)
    /** A JSON Web Key Set in a file, read again at each refresh. */
    | { readonly jwksFile: string }
    /** Given here; they change with a new start. */
    | { readonly publicKeys: readonly PublicKeyOptions[] }
    /** A source of your own. */
    | { readonly source: KeySource }
  ) &
    KeyAgeOptions;

/** The part of {@link KeyOptions} that is about time. */
export interface KeyAgeOptions {
  /** Seconds within which a change of the keys arrives, 0.1 to 3600. Default 300. */
  readonly refreshSeconds?: number;
  /**
   * Seconds for which fetched keys are used after their source last gave them. Default 86400 (a day), at least twice
   * `refreshSeconds`, at most 2592000 (30 days). Then this service is not ready and answers 503 until the source is back:
   * blocking the source must not keep a withdrawn key alive for ever. Keys from files or the configuration have no limit.
   */
  readonly maxAgeSeconds?: number;
  /**
   * A file that keeps the last good keys, so that this service can start while their source is away. Default none: then
   * it answers 503 until the source is back. With one, a key that was withdrawn meanwhile verifies until then, or until
   * the keys are older than `maxAgeSeconds`.
   */
  readonly seedFile?: string;
}

/** {@link KeyOptions}, checked and complete. */
export interface ResolvedKeyOptions {
  readonly source: KeySource;
  readonly refreshSeconds: number;
  readonly maxAgeSeconds: number;
  readonly seedFile?: string;
}

const DAY_SECONDS = 24 * 60 * 60;
const SOURCES = ['jwksUri', 'jwksFile', 'publicKeys', 'source'] as const;

/** 0.1 to 3600. */
export const refreshSeconds = amount(0.1, 3600, 'seconds');
/** Up to 30 days. */
export const maxAgeSeconds = amount(1, 30 * DAY_SECONDS, 'seconds');

export const algorithmOption = check<keyof typeof SIGNING_ALGORITHMS>(
  either(Object.keys(SIGNING_ALGORITHMS)),
  isSigningAlgorithm,
);

const keyInput = secret(
  check<KeyInput>(
    'PEM text, a JWK (object or JSON text) or a KeyObject',
    (given) => (typeof given === 'string' && given !== '') || given instanceof KeyObject || isRecord(given),
  ),
);

export const keyIdOption = check<string>('an id of 1 to 128 visible ASCII characters', isShortId);

const publicKey = group({
  key: keyInput,
  algorithm: optional(algorithmOption),
  keyId: optional(keyIdOption),
} satisfies ChecksOf<PublicKeyOptions>);

const members = group({
  jwksUri: optional(text('the https address of a JSON Web Key Set')),
  allowPlaintext: optional(flag),
  tls: optional(tlsOption),
  jwksFile: optional(text('the path of a JSON Web Key Set')),
  publicKeys: optional(listOf('public keys, { key, algorithm, keyId }', publicKey, { atLeast: 1 })),
  source: optional(instance<KeySource>('a KeySource: an object with load()', 'load')),
  refreshSeconds: withDefault(300, refreshSeconds),
  maxAgeSeconds: withDefault(DAY_SECONDS, maxAgeSeconds),
  seedFile: optional(text('the path of a file in a directory that only this process can write')),
});

/** Checks {@link KeyOptions}. */
export const keyOptions: Check<ResolvedKeyOptions> = (given, at) => {
  const { refreshSeconds: refresh, maxAgeSeconds: maxAge, seedFile, ...from } = members(given, at);
  const named = SOURCES.filter((name) => from[name] !== undefined);
  if (named.length !== 1) {
    const finding =
      named.length === 0 ? 'names no source of public keys' : `has ${named.map((name) => `"${name}"`).join(' and ')}`;
    throw at.refused(`${finding}; give exactly one of ${either(SOURCES)}`);
  }
  for (const name of ['allowPlaintext', 'tls'] as const) {
    if (from[name] !== undefined && from.jwksUri === undefined) {
      throw at.member(name).refused('is about downloads; leave it out, or give "jwksUri"');
    }
  }
  if (maxAge < 2 * refresh) {
    const path = at.member('maxAgeSeconds');
    throw path.mustBe(
      `at least twice "refreshSeconds" (${refresh}), so that one failed load does not end the service`,
      maxAge,
    );
  }
  return Object.freeze({
    source: sourceOf(from, at),
    refreshSeconds: refresh,
    maxAgeSeconds: maxAge,
    ...(seedFile !== undefined && { seedFile }),
  });
};

type From = Omit<ReturnType<typeof members>, keyof KeyAgeOptions>;

function sourceOf({ jwksUri = '', jwksFile, publicKeys, source, ...download }: From, at: OptionPath): KeySource {
  if (jwksFile !== undefined) return jwksFileSource(jwksFile);
  if (publicKeys !== undefined) return publicKeySource(publicKeys, at.member('publicKeys'));
  return source ?? jwksUriSource(jwksUri, download, at.member('jwksUri'));
}
