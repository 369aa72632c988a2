import { isSigningAlgorithm, SIGNING_ALGORITHMS, type SigningAlgorithm } from './algorithms.js';
import { checkClaims, type ClaimExpectations } from './claim-checks.js';
import { type CompactJws, parseCompactJws } from './compact-jws.js';
import { type CustomClaimsSchema, readCustomClaims } from './custom-claims.js';
import { InternalTokenError } from './errors.js';
import { isShortId } from './short-id.js';
import type { KeyStore, VerificationKey } from './keys/index.js';
import { requireName, requireSeconds } from './settings.js';
import type { JsonObject } from './strict-json.js';
import { registerVerified, type VerifiedClaims } from './verified-claims.js';
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
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number;
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
  readonly #now: () => number;
  #verified = 0;

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
    this.#now = options.now ?? Date.now;
  }

  /** True once keys are loaded: before, every token is refused with `txn_keys_not_ready`. */
  get ready(): boolean {
    return this.#keys.ready;
  }

  /** Tokens verified with success by this object. */
  get verified(): number {
    return this.#verified;
  }

  /**
   * The claims of a token; a promise of them only if its key is unknown and one refresh of the keys may tell.
   * @throws InternalTokenError (or rejects) with the code of the first check that fails
   */
  verify(raw: string): VerifiedClaims | Promise<VerifiedClaims> {
    if (!this.#keys.ready) throw new InternalTokenError('txn_keys_not_ready');
    const jws = parseCompactJws(raw);
    const keyId = this.#checkHeader(jws.header);
    const key = this.#keys.find(keyId);
    if (key !== undefined) return this.#accept(raw, jws, key);
    const refreshed = this.#keys.findAfterRefresh(keyId);
    if (refreshed === undefined) throw new InternalTokenError('txn_key_unknown');
    return refreshed.then((newKey) => {
      if (newKey === undefined) throw new InternalTokenError('txn_key_unknown');
      return this.#accept(raw, jws, newKey);
    });
  }

  #checkHeader(header: JsonObject): string {
    const { typ, alg, kid } = header;
    if (typeof typ !== 'string' || !TYPE.test(typ)) throw new InternalTokenError('txn_type');
    if (typeof alg !== 'string' || !this.#algorithms.has(alg)) throw new InternalTokenError('txn_alg');
    const forbidden = FORBIDDEN_MEMBERS.find((name) => Object.hasOwn(header, name));
    if (forbidden !== undefined) {
      throw new InternalTokenError('txn_malformed', `The header member ${forbidden} is not accepted.`);
    }
    if (kid === undefined) throw new InternalTokenError('txn_key_unknown', 'The token names no key.');
    if (!isShortId(kid)) throw new InternalTokenError('txn_malformed', 'The kid is not a short string.');
    return kid;
  }

  #accept(raw: string, { header, payload, signingInput, signature }: CompactJws, key: VerificationKey): VerifiedClaims {
    if (header['alg'] !== key.algorithm) throw new InternalTokenError('txn_alg');
    if (!key.verify(signingInput, signature)) throw new InternalTokenError('txn_signature');
    const { wire, custom } = checkClaims(payload, this.#expected, this.#now() / 1000);
    const claims = toClaims(wire, readCustomClaims(this.#customClaims, custom));
    this.#verified += 1;
    return registerVerified(claims, { keyId: key.keyId, encode: () => raw });
  }
}
