import { checkClaims, type ClaimExpectations } from './check-claims.js';
import { type CompactParts, readPart, splitCompactJws } from './compact-jws.js';
import { type CustomClaimsSchema, readCustomClaims } from './read-custom-claims.js';
import { InternalTokenError, type InternalTokenErrorCode } from '../errors.js';
import { isShortId } from '../is-short-id.js';
import { type KeyStore, type SignatureFault, type VerificationKey, withSigningKey } from '../keys/index.js';
import { callback, type ChecksOf, group, instance, OptionPath, withDefault } from '../options/index.js';
import type { JsonObject } from '../strict-json.js';
import { registerVerified, type TokenSource, type VerifiedClaims } from './verified-claims.js';
import { VerifiedTokenCache } from './verified-token-cache.js';
import { VERIFIER_CHECKS, type VerifierOptions } from './verifier.options.js';
import { toClaims } from './wire-claims.js';

const checkOptions = group({
  ...VERIFIER_CHECKS,
  keys: instance<KeyStore>('a KeyStore', 'find'),
  now: withDefault(() => Date.now(), callback<() => number>()),
} satisfies ChecksOf<VerifierOptions>);

/** What the checked header of a token says. */
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

/** Gateways write one header per key, so a handful. No more than this are remembered. */
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

/** Header members that bring keys along, require extensions or mark another format than a plain JWS. Never issued. */
const FORBIDDEN_MEMBERS = ['crit', 'b64', 'zip', 'enc', 'jwk', 'jku', 'x5c', 'x5u'];

/**
 * Turns a received token into verified claims: strict parsing, signature, then claims (section 12.2 of the draft).
 * For a known key it does no I/O and returns no promise.
 */
export class InternalTokenVerifier {
  readonly #expected: ClaimExpectations;
  readonly #algorithms: ReadonlySet<string>;
  readonly #keys: KeyStore;
  readonly #customClaims: CustomClaimsSchema | undefined;
  readonly #cache: VerifiedTokenCache | undefined;
  /** By the header's text in the token. */
  readonly #knownHeaders = new Map<string, KnownHeader>();
  readonly #now: () => number;
  #verified = 0;
  #remembered = 0;

  /** @throws InternalTokenError `configuration_invalid` */
  constructor(options: VerifierOptions) {
    const checked = checkOptions(options, new OptionPath('InternalTokenVerifier'));
    const { trustDomain, issuer, leewaySeconds, maxLifetimeSeconds, algorithms, keys, tokenCache } = checked;
    this.#expected = { trustDomain, issuer, leewaySeconds, maxLifetimeSeconds };
    this.#algorithms = new Set(algorithms);
    this.#keys = keys;
    this.#customClaims = checked.customClaims;
    if (tokenCache !== false) {
      this.#cache = new VerifiedTokenCache(tokenCache.maxEntries, (key) => keys.find(key.keyId) === key);
    }
    this.#now = checked.now;
  }

  /** True while there are usable keys; otherwise every token is refused with `txn_keys_not_ready`. */
  get ready(): boolean {
    return this.#keys.ready;
  }

  /** Seconds since the source last returned the current keys; undefined before there are any. */
  get keyAgeSeconds(): number | undefined {
    return this.#keys.ageSeconds;
  }

  /**
   * Reloads the keys at once, for emergencies such as a stolen key that has been withdrawn. Never rejects; false if the
   * source could not be read and the keys are unchanged.
   */
  reloadKeys(): Promise<boolean> {
    return this.#keys.reload();
  }

  /** Number of tokens that this object has verified successfully, remembered ones included. */
  get verified(): number {
    return this.#verified;
  }

  /** How many of them were still remembered from an earlier verification. */
  get remembered(): number {
    return this.#remembered;
  }

  /**
   * Returns the claims of a token; a promise of them only if the keys have to be refreshed first.
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
    if (!isShortId(kid))
      throw new InternalTokenError('txn_malformed', 'The kid is not a string of 1 to 128 visible ASCII characters.');
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
