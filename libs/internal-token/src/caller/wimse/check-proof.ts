import type { IncomingMessage } from 'node:http';
import { claimOf, isJsonObject, type JsonObject, tokenHash } from '../../core/index.js';
import type { CallerRequest } from '../../nest/index.js';
import type { WorkloadIdentityClaims } from './identity-token-verifier.js';
import { accessTokenIn, invalid, isTime, readWimseJwt, valuesOf } from './wimse-jwt.js';

export interface ProofExpectations {
  /** Scheme, host and port at which this process is called. */
  readonly origins: readonly string[];
  readonly leewaySeconds: number;
  readonly maxLifetimeSeconds: number;
}

/** A valid proof; whether it was used before remains to be checked. */
export interface CheckedProof {
  readonly id: string;
  /** Epoch seconds. */
  readonly expiresAt: number;
}

/**
 * Checks a workload proof token (WPT) against its request and its identity: all checks of draft-ietf-wimse-wpt-01,
 * section 2, except the one for replays.
 * @throws InternalTokenError `caller_invalid`
 */
export function checkProof(
  raw: string,
  identity: WorkloadIdentityClaims,
  { raw: request, token }: CallerRequest,
  expected: ProofExpectations,
): CheckedProof {
  const { algorithm, payload, signingInput, signature } = readWimseJwt(raw, 'WPT');
  const { confirmationKey: key, hash } = identity;
  if (algorithm !== key.algorithm) throw invalid('the algorithm of the WPT differs from the one that the WIT confirms');
  if (!key.verify(signingInput, signature)) throw invalid('the signature of the WPT does not match the WIT');
  if (payload['wth'] !== hash) throw invalid('the WPT was made for another WIT');
  if (!isMeant(payload['aud'], request, expected.origins)) throw invalid('the WPT was made for another address');
  assertTransactionToken(payload, request, token);
  assertAccessToken(payload, request);
  assertOtherTokens(payload, request);
  const expiresAt = assertTimes(payload, expected);
  const { jti } = payload;
  if (typeof jti !== 'string' || jti === '' || jti.length > 128) throw invalid('the WPT has no id');
  return { id: jti, expiresAt };
}

/** Compares with the configured origins and never with `Host`, which the caller chooses. */
function isMeant(audience: unknown, { url = '' }: IncomingMessage, origins: readonly string[]): boolean {
  const path = url.split('?', 1)[0] ?? '';
  return origins.some((origin) => audience === `${origin}${path}`);
}

function assertTransactionToken({ tth }: JsonObject, { rawHeaders }: IncomingMessage, token: string | undefined): void {
  const present = valuesOf(rawHeaders, 'txn-token').length > 0;
  if (present !== (tth !== undefined) || (present && (token === undefined || tth !== tokenHash(token)))) {
    throw invalid('the WPT was made for another Txn-Token');
  }
}

function assertAccessToken({ ath }: JsonObject, { rawHeaders }: IncomingMessage): void {
  const token = accessTokenIn(valuesOf(rawHeaders, 'authorization').join(','));
  if (ath !== (token === undefined ? undefined : tokenHash(token)))
    throw invalid('the WPT was made for another access token');
}

/** Checks the hashes of tokens in other fields. An entry that cannot be checked is refused. */
function assertOtherTokens({ oth }: JsonObject, { rawHeaders }: IncomingMessage): void {
  if (oth === undefined) return;
  const fits = ([name, hash]: readonly [string, unknown]) => {
    const [value, another] = valuesOf(rawHeaders, name);
    return value !== undefined && another === undefined && hash === tokenHash(value.trim());
  };
  if (!isJsonObject(oth) || !Object.entries(oth).every(fits)) throw invalid('the WPT was made for other tokens');
}

function assertTimes(payload: JsonObject, { leewaySeconds, maxLifetimeSeconds }: ProofExpectations): number {
  const exp = claimOf(payload, 'exp');
  const now = Date.now() / 1000;
  if (!isTime(exp) || exp + leewaySeconds <= now) throw invalid('the WPT has expired');
  if (exp > now + maxLifetimeSeconds + leewaySeconds) throw invalid('the lifetime of the WPT is too long');
  for (const name of ['iat', 'nbf']) {
    const begin = claimOf(payload, name);
    if (begin !== undefined && (!isTime(begin) || begin > now + leewaySeconds))
      throw invalid('the WPT is not valid yet');
  }
  return exp;
}
