import { type CustomClaims, InternalTokenError } from '../../core/index.js';
import { isName, nameList } from '../authenticate/text-claims.js';
import type { Principal } from '../authenticate/principal.js';

/** What an enricher may decide. It has no way to name a subject, a transaction id or a scope. */
export interface Enrichment {
  /** Replaces the permissions of the access token. Spread `principal.permissions` into it to add to them. */
  readonly permissions?: readonly string[];
  /** Names the tenant where the access token named none; another tenant than the token's is refused. */
  readonly tenantId?: string;
  /** Further claims for the internal token's `tctx`. */
  readonly custom?: Readonly<CustomClaims>;
}

/**
 * Looks up what the access token does not say: permissions from the team's own database, say.
 * Runs once per authenticated request, before the mint. Slow (500 ms by default), failing or malformed answers end the
 * request with 503 `enrichment_failed` and no internal token.
 */
export abstract class PermissionEnricher {
  /**
   * @param principal the verified caller
   * @param signal aborted when the time-out passes; hand it to whatever you call
   */
  abstract enrich(principal: Principal, signal: AbortSignal): Enrichment | Promise<Enrichment>;
}

/** Default time an enricher has, in milliseconds. */
export const ENRICHMENT_TIMEOUT_MS = 500;

const DECIDABLE = ['permissions', 'tenantId', 'custom'];
/** Members of `tctx` that have a meaning of their own. */
const RESERVED_CUSTOM = ['tenant_id', 'permissions', 'authenticated'];

/**
 * Asks the enricher, checks its answer and gives the principal to mint from.
 * @throws InternalTokenError `enrichment_failed` (503) on time-out, failure or an answer that does not fit; its `cause`
 * says which, for the log
 */
export async function enrichPrincipal(
  principal: Principal,
  enricher: PermissionEnricher,
  timeoutMs: number = ENRICHMENT_TIMEOUT_MS,
): Promise<Principal> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const reason = new Error(`no answer within ${timeoutMs} ms`);
      reject(reason);
      abort.abort(reason);
    }, timeoutMs);
  });
  try {
    const asked = (async () => enricher.enrich(principal, abort.signal))();
    return merge(principal, await Promise.race([asked, tooLate]));
  } catch (cause) {
    throw new InternalTokenError('enrichment_failed', undefined, { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** The types above bind TypeScript only; what a database gave is checked as it comes. */
function merge(principal: Principal, answer: unknown): Principal {
  if (!isRecord(answer)) throw new TypeError('the enricher gave no object');
  const unknown = Object.keys(answer).find((key) => !DECIDABLE.includes(key));
  if (unknown !== undefined) throw new TypeError(`an enricher cannot decide ${unknown}`);
  const { permissions, tenantId, custom } = answer;
  const names = Array.isArray(permissions) ? nameList(permissions) : undefined;
  if (permissions !== undefined && names === undefined) throw new TypeError('permissions is no array of names');
  if (tenantId !== undefined && !isName(tenantId)) throw new TypeError('tenantId is no name');
  if (tenantId !== undefined && (principal.tenantId ?? tenantId) !== tenantId) {
    throw new TypeError("tenantId is another than the access token's");
  }
  if (custom !== undefined && !isRecord(custom)) throw new TypeError('custom is no object');
  const reserved = RESERVED_CUSTOM.find((name) => custom !== undefined && Object.hasOwn(custom, name));
  if (reserved !== undefined) throw new TypeError(`custom cannot hold ${reserved}`);
  return Object.freeze({
    ...principal,
    ...(names !== undefined && { permissions: names }),
    ...(tenantId !== undefined && { tenantId }),
    ...(custom !== undefined && { custom: Object.freeze({ ...custom }) }),
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
