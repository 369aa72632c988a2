import { LRUCache } from 'lru-cache';
import {
  validateKeySet,
  claimOf,
  InternalTokenError,
  isJsonObject,
  type JsonObject,
  type KeyStore,
  type SignatureFault,
  tokenHash,
  type VerificationKey,
  withSigningKey,
} from '../../core/index.js';
import { workloadIdFault } from '../workload-id.js';
import { invalid, isTime, readWimseJwt, type WimseJwt } from './wimse-jwt.js';

/** The claims of a verified workload identity token. */
export interface WorkloadIdentityClaims {
  readonly id: string;
  /** The key with which the workload proves that the token is its own; for exactly one algorithm. */
  readonly confirmationKey: VerificationKey;
  /** base64url(SHA-256(token)), which a proof must contain. */
  readonly hash: string;
}

export interface IdentityTokenExpectations {
  readonly trustDomain: string;
  readonly issuer: string;
  readonly algorithms: ReadonlySet<string>;
  readonly leewaySeconds: number;
  readonly maxLifetimeSeconds: number;
}

interface Remembered {
  readonly claims: WorkloadIdentityClaims;
  readonly issuerKey: VerificationKey;
  readonly expiresAt: number;
}

const MAX_REMEMBERED = 1000;

/** Verifies workload identity tokens (WIT; draft-ietf-wimse-workload-creds). A repeated token costs only a look-up. */
export class IdentityTokenVerifier {
  readonly #remembered = new LRUCache<string, Remembered>({ max: MAX_REMEMBERED });

  constructor(
    private readonly expected: IdentityTokenExpectations,
    private readonly keys: KeyStore,
  ) {}

  /**
   * Returns a promise only if keys may have to be loaded, because the key is unknown or the signature does not match.
   * @throws InternalTokenError (or rejects) `caller_invalid`, `caller_unavailable`
   */
  verify(raw: string): WorkloadIdentityClaims | Promise<WorkloadIdentityClaims> {
    if (!this.keys.ready) throw new InternalTokenError('caller_unavailable');
    const known = this.#remembered.get(raw);
    if (known !== undefined && this.keys.find(known.issuerKey.keyId) === known.issuerKey) {
      this.#assertLiving(known.expiresAt);
      return known.claims;
    }
    const jwt = readWimseJwt(raw, 'WIT');
    const { kid } = jwt.header;
    if (!this.expected.algorithms.has(jwt.algorithm)) throw invalid('the algorithm of the WIT is not accepted');
    if (typeof kid !== 'string' || kid === '' || kid.length > 128) throw invalid('the WIT names no key');
    const { algorithm, signingInput, signature } = jwt;
    return withSigningKey(
      this.keys,
      { keyId: kid, algorithm, signingInput, signature },
      (key) => this.#accept(raw, jwt, key),
      refusalOf,
    );
  }

  #accept(raw: string, jwt: WimseJwt, key: VerificationKey): WorkloadIdentityClaims {
    const { iss, sub, exp } = jwt.payload;
    if (iss !== this.expected.issuer) throw invalid('the WIT comes from another issuer');
    this.#assertTimes(jwt.payload);
    if (typeof sub !== 'string') throw invalid('the WIT has no subject');
    const fault = workloadIdFault(sub, this.expected.trustDomain, ['spiffe', 'wimse']);
    if (fault !== undefined) throw invalid(fault);
    const confirmationKey = this.#confirmationKey(jwt.payload, key);
    const claims = { id: sub, confirmationKey, hash: tokenHash(raw) };
    this.#remembered.set(raw, { claims, issuerKey: key, expiresAt: exp as number });
    return claims;
  }

  #assertTimes(payload: JsonObject): void {
    const exp = claimOf(payload, 'exp');
    const now = Date.now() / 1000;
    const { leewaySeconds, maxLifetimeSeconds } = this.expected;
    if (!isTime(exp)) throw invalid('the WIT has no expiry');
    this.#assertLiving(exp);
    if (exp > now + maxLifetimeSeconds + leewaySeconds) throw invalid('the lifetime of the WIT is too long');
    for (const name of ['iat', 'nbf']) {
      const begin = claimOf(payload, name);
      if (begin === undefined) continue;
      if (!isTime(begin) || begin > now + leewaySeconds) throw invalid('the WIT is not valid yet');
    }
  }

  #assertLiving(expiresAt: number): void {
    if (expiresAt + this.expected.leewaySeconds <= Date.now() / 1000) throw invalid('the WIT has expired');
  }

  #confirmationKey({ cnf }: JsonObject, issuerKey: VerificationKey): VerificationKey {
    const jwk = isJsonObject(cnf) ? cnf['jwk'] : undefined;
    if (!isJsonObject(jwk)) throw invalid('the WIT confirms no key');
    const algorithm = jwk['alg'];
    if (typeof algorithm !== 'string' || !this.expected.algorithms.has(algorithm)) {
      throw invalid('the key that the WIT confirms is not for an accepted algorithm');
    }
    const key = validateKeySet({ keys: [{ ...jwk, kid: 'cnf' }] }).admitted.get('cnf');
    if (key === undefined) throw invalid('the key that the WIT confirms cannot be used');
    // The issuer's own key would make every token that it has signed a proof for any workload.
    if (key.publicKey.equals(issuerKey.publicKey)) throw invalid("the WIT confirms its issuer's key");
    return key;
  }
}

function refusalOf(fault: SignatureFault): InternalTokenError {
  if (fault === 'keys_unavailable') return new InternalTokenError('caller_unavailable');
  return invalid(fault === 'key_unknown' ? 'the key of the WIT is unknown' : 'the signature of the WIT is not valid');
}
