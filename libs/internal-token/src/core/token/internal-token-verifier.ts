import { isSigningAlgorithm, SIGNING_ALGORITHMS, type SigningAlgorithm } from '../keys/algorithms.js';
import { checkClaims, type ClaimExpectations } from './check-claims.js';
import { type CompactParts, readPart, splitCompactJws } from './compact-jws.js';
import { type CustomClaimsSchema, readCustomClaims } from './read-custom-claims.js';
import { InternalTokenError, type InternalTokenErrorCode } from '../errors.js';
import { isShortId } from '../is-short-id.js';
import { type KeyStore, type SignatureFault, type VerificationKey, withSigningKey } from '../keys/index.js';
import { requireName, requireSeconds } from '../settings.js';
import type { JsonObject } from '../strict-json.js';
import { registerVerified, type TokenSource, type VerifiedClaims } from './verified-claims.js';
import { cacheEntries, type TokenCacheOptions, VerifiedTokenCache } from './verified-token-cache.js';
import { toClaims } from './wire-claims.js';

/** Settings of an {@link InternalTokenVerifier}. */
export interface VerifierOptions {
  /** `aud` that a token must be for. */
  readonly trustDomain: string;
  /** `iss` that a token must come from. */
  readonly issuer: string;
  /** Default `['ES256']`. */
  readonly algorithms?: readonly SigningAlgorithm[];
  /** Seconds by which clocks may differ, 0 to 60. Default 5. */
  readonly leewaySeconds?: number;
  /** Longest accepted `exp - iat` in seconds, 1 to 300. Default 300. */
  readonly maxLifetimeSeconds?: number;
  readonly keys: KeyStore;
  /** A synchronous Standard Schema that the application's own claims must satisfy. */
  readonly customClaims?: CustomClaimsSchema;
  /**
   * Tokens that are remembered by their text, so that one that comes again is not checked from scratch: the same
   * object of claims comes back, after its times and its key were looked at again. Default 1000 entries.
   */
  readonly tokenCache?: TokenCacheOptions;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
}

/** What the header of a token that verified says. */
interface KnownHeader {
  readonly keyId: string;
  readonly algorithm: string;
}

const REFUSALS = {
  keys_unavailable: 'txn_keys_not_ready',
  key_unknown: 'txn_key_unknown',
  algorithm: 'txn_alg',
  signature: 'txn_signature',
} as const satisfies Record<SignatureFault, InternalTokenErrorCode>;

/** Gateways write a handful of headers: one a key. More is not remembered. */
const MAX_KNOWN_HEADERS = 64;

class ReceivedToken implements TokenSource {
  readonly #raw: string;

  constructor(
    readonly keyId: string,
    raw: string,
  ) {
    this.#raw = raw;
  }

  encode(): string {
    return this.#raw;
  }
}

/** Accepted `typ` (draft-ietf-oauth-transaction-tokens-11, section 9.1), compared as media types. */
const TYPE = /^(?:application\/)?txntoken\+jwt$/i;

/** Header members that bring keys along, ask for extensions or say that this is no plain JWS. None is ever issued. */
const FORBIDDEN_MEMBERS = ['crit', 'b64', 'zip', 'enc', 'jwk', 'jku', 'x5c', 'x5u'];

/**
 * Turns a received token into verified claims: strict reading, signature, then claims (section 12.2 of the draft).
 * No I/O and no promise for a known key.
 */
export class InternalTokenVerifier {
  readonly #expected: ClaimExpectations;
  readonly #algorithms: ReadonlySet<string>;
  readonly #keys: KeyStore;
  readonly #customClaims: CustomClaimsSchema | undefined;
  readonly #cache: VerifiedTokenCache | undefined;
  /** By their text in the token: the same text always reads the same. */
  readonly #knownHeaders = new Map<string, KnownHeader>();
  readonly #now: () => number;
  #verified = 0;
  #remembered = 0;

  /** @throws InternalTokenError `configuration_invalid` */
  constructor(options: VerifierOptions) {
    this.#expected = {
      trustDomain: requireName('trustDomain', options.trustDomain),
      issuer: requireName('issuer', options.issuer),
      leewaySeconds: requireSeconds('leewaySeconds', options.leewaySeconds ?? 5, 0, 60),
      maxLifetimeSeconds: requireSeconds('maxLifetimeSeconds', options.maxLifetimeSeconds ?? 300, 1, 300),
    };
    const algorithms = options.algorithms ?? ['ES256'];
    if (algorithms.length === 0 || !algorithms.every(isSigningAlgorithm)) {
      throw new InternalTokenError(
        'configuration_invalid',
        `algorithms must name one or more of ${Object.keys(SIGNING_ALGORITHMS).join(', ')}.`,
      );
    }
    this.#algorithms = new Set(algorithms);
    this.#keys = options.keys;
    this.#customClaims = options.customClaims;
    const entries = cacheEntries(options.tokenCache);
    const { keys } = options;
    if (entries > 0) this.#cache = new VerifiedTokenCache(entries, (key) => keys.find(key.keyId) === key);
    this.#now = options.now ?? Date.now;
  }

  /** True once keys are loaded: before, every token is refused with `txn_keys_not_ready`. */
  get ready(): boolean {
    return this.#keys.ready;
  }

  /** Seconds since the source last answered with the keys that are held; undefined before there are any. */
  get keyAgeSeconds(): number | undefined {
    return this.#keys.ageSeconds;
  }

  /**
   * Reads the keys anew, at once: for emergencies, such as a key that was stolen and withdrawn. Never rejects; false if
   * their source could not be read, and the keys are as they were.
   */
  reloadKeys(): Promise<boolean> {
    return this.#keys.reload();
  }

  /** Tokens verified with success by this object, remembered ones included. */
  get verified(): number {
    return this.#verified;
  }

  /** How many of them had been verified before and were still remembered. */
  get remembered(): number {
    return this.#remembered;
  }

  /**
   * The claims of a token; a promise of them only if its key is unknown and one refresh of the keys may tell.
   * @throws InternalTokenError (or rejects) with the code of the first check that fails
   */
  verify(raw: string): VerifiedClaims | Promise<VerifiedClaims> {
    if (!this.#keys.ready) throw new InternalTokenError('txn_keys_not_ready');
    const known = this.#cache?.get(raw, this.#now() / 1000);
    if (known !== undefined) {
      this.#verified += 1;
      this.#remembered += 1;
      return known;
    }
    const parts = splitCompactJws(raw);
    const header = this.#knownHeaders.get(parts.header) ?? this.#checkHeader(readPart(parts.header));
    const payload = readPart(parts.payload);
    const { signingInput, signature } = parts;
    return withSigningKey(
      this.#keys,
      { ...header, signingInput, signature },
      (key) => this.#accept(raw, parts, header, payload, key),
      (fault) => new InternalTokenError(REFUSALS[fault]),
    );
  }

  #checkHeader(header: JsonObject): KnownHeader {
    const { typ, alg, kid } = header;
    if (typeof typ !== 'string' || !TYPE.test(typ)) throw new InternalTokenError('txn_type');
    if (typeof alg !== 'string' || !this.#algorithms.has(alg)) throw new InternalTokenError('txn_alg');
    const forbidden = FORBIDDEN_MEMBERS.find((name) => Object.hasOwn(header, name));
    if (forbidden !== undefined) {
      throw new InternalTokenError('txn_malformed', `The header member ${forbidden} is not accepted.`);
    }
    if (kid === undefined) throw new InternalTokenError('txn_key_unknown', 'The token names no key.');
    if (!isShortId(kid)) throw new InternalTokenError('txn_malformed', 'The kid is not a short string.');
    return { keyId: kid, algorithm: alg };
  }

  #accept(
    raw: string,
    parts: CompactParts,
    header: KnownHeader,
    payload: JsonObject,
    key: VerificationKey,
  ): VerifiedClaims {
    const { wire, custom, notBefore } = checkClaims(payload, this.#expected, this.#now() / 1000);
    const verified = toClaims(wire, readCustomClaims(this.#customClaims, custom));
    const claims = registerVerified(verified, new ReceivedToken(key.keyId, raw));
    this.#verified += 1;
    if (this.#knownHeaders.size < MAX_KNOWN_HEADERS) this.#knownHeaders.set(parts.header, header);
    const { leewaySeconds } = this.#expected;
    this.#cache?.set({
      raw,
      claims,
      key,
      validFrom: notBefore - leewaySeconds,
      validUntil: wire.exp + leewaySeconds,
    });
    return claims;
  }
}
