import { InternalTokenError } from '../errors.js';
import { claimOf, isJsonObject, type JsonObject } from '../strict-json.js';
import { isShortId } from '../is-short-id.js';
import { isSubject } from '../is-subject.js';
import { SCOPE, TRANSACTION_CONTEXT_NAMES, type TransactionContext, type WireClaims } from './wire-claims.js';

/** What received claims are checked against. */
export interface ClaimExpectations {
  readonly trustDomain: string;
  readonly issuer: string;
  readonly leewaySeconds: number;
  readonly maxLifetimeSeconds: number;
}

/** Claims that have passed every check, and the application's own members of `tctx`. */
export interface CheckedClaims {
  readonly wire: WireClaims;
  readonly custom: JsonObject;
  /** The later of `iat` and `nbf`. */
  readonly notBefore: number;
}

/**
 * Checks the claims of a token whose signature is valid: issuer, audience, times, and that every required claim is
 * present with the right type. Unknown claims are ignored.
 * @throws InternalTokenError with the code of the first check that fails
 */
export function checkClaims(payload: JsonObject, expected: ClaimExpectations, nowSeconds: number): CheckedClaims {
  if (claimOf(payload, 'iss') !== expected.issuer) throw new InternalTokenError('txn_issuer');
  checkAudience(claimOf(payload, 'aud'), expected.trustDomain);
  const iat = time(payload, 'iat');
  const exp = time(payload, 'exp');
  const nbf = claimOf(payload, 'nbf') === undefined ? iat : time(payload, 'nbf');
  if (nowSeconds >= exp + expected.leewaySeconds) throw new InternalTokenError('txn_expired');
  const notBefore = Math.max(iat, nbf);
  if (notBefore > nowSeconds + expected.leewaySeconds) throw new InternalTokenError('txn_not_yet_valid');
  if (exp <= iat || exp - iat > expected.maxLifetimeSeconds) throw new InternalTokenError('txn_lifetime');

  const scope = text(payload, 'scope');
  if (!SCOPE.test(scope)) throw invalid('scope');
  if (claimOf(payload, 'rctx') !== undefined && !isJsonObject(claimOf(payload, 'rctx'))) throw invalid('rctx');
  const txn = claimOf(payload, 'txn');
  if (!isShortId(txn)) throw invalid('txn');
  const sub = claimOf(payload, 'sub');
  if (!isSubject(sub)) throw invalid('sub');
  const { tctx, custom } = readTransactionContext(claimOf(payload, 'tctx'));
  const wire = {
    iss: expected.issuer,
    iat,
    exp,
    txn,
    sub,
    scope,
    req_wl: text(payload, 'req_wl'),
    tctx,
  };
  return { wire, custom, notBefore };
}

function invalid(name: string): InternalTokenError {
  return new InternalTokenError('txn_claims_invalid', `The claim ${name} is missing or has the wrong type.`);
}

function text(payload: JsonObject, name: string): string {
  const value = claimOf(payload, name);
  if (typeof value !== 'string' || value === '') throw invalid(name);
  return value;
}

/** A NumericDate (RFC 7519, section 2). Too large a number is refused; 1e400 reads as Infinity. */
function time(payload: JsonObject, name: string): number {
  const value = claimOf(payload, name);
  if (typeof value !== 'number' || !(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) throw invalid(name);
  return value;
}

function checkAudience(audience: unknown, trustDomain: string): void {
  if (audience === trustDomain) return;
  const audiences = Array.isArray(audience) ? audience : [audience];
  if (audiences.length === 0 || !audiences.every((one) => typeof one === 'string' && one !== '')) throw invalid('aud');
  if (!audiences.includes(trustDomain)) throw new InternalTokenError('txn_audience');
}

function readTransactionContext(value: unknown = {}): { tctx: TransactionContext; custom: JsonObject } {
  if (!isJsonObject(value)) throw invalid('tctx');
  const tenantId = claimOf(value, 'tenant_id');
  const permissions = claimOf(value, 'permissions', []);
  const authenticated = claimOf(value, 'authenticated', false);
  if (tenantId !== undefined && (typeof tenantId !== 'string' || tenantId === '')) throw invalid('tctx.tenant_id');
  if (!isTextSet(permissions)) throw invalid('tctx.permissions');
  if (typeof authenticated !== 'boolean') throw invalid('tctx.authenticated');
  return {
    // An anonymous principal has no tenant and no permissions, even if the token names some.
    tctx: authenticated
      ? tenantId === undefined
        ? { permissions, authenticated }
        : { tenant_id: tenantId, permissions, authenticated }
      : { permissions: [], authenticated },
    custom: customMembers(value),
  };
}

function customMembers(tctx: JsonObject): JsonObject {
  const names = Object.keys(tctx).filter((name) => !TRANSACTION_CONTEXT_NAMES.has(name));
  return names.length === 0 ? {} : Object.fromEntries(names.map((name) => [name, tctx[name]]));
}

/** Up to this many entries, searching the array is faster than building a set. */
const FEW = 32;

function isTextSet(value: unknown): value is string[] {
  if (!Array.isArray(value)) return false;
  const texts = value as unknown[];
  if (texts.length > FEW && new Set(texts).size !== texts.length) return false;
  return texts.every(
    (one, index) => typeof one === 'string' && one !== '' && (texts.length > FEW || texts.indexOf(one) === index),
  );
}
