import { claimOf, InternalTokenError, isSubject, type JsonObject } from '../../core/index.js';
import type { Principal } from './principal.js';
import { invalidToken } from './access-token-refusals.js';
import type { ResolvedIssuer } from './resolve-issuers.js';
import { isName, nameList } from './text-claims.js';

/** Lifetime of an introspected token without a stated expiry; after that the issuer is asked again. */
const UNSTATED_LIFE_SECONDS = 60;
/** Where the claims come from. RFC 9068 requires more of an `at+jwt` than is required of other JWTs. */
export type ClaimsKind = 'at+jwt' | 'jwt' | 'introspection';

const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]{1,255}$/;

/** Turns the claims of a verified access token of one issuer into a principal. */
export class PrincipalMapper {
  constructor(
    private readonly settings: ResolvedIssuer,
    private readonly otherNamespaces: readonly string[],
    private readonly minimumRemainingSeconds: number,
  ) {}

  /**
   * @param claims payload of a verified JWT, or an introspection answer with `active: true`
   * @param nowSeconds seconds since the epoch
   * @throws InternalTokenError `access_token_invalid`, or `insufficient_scope` if there is no scope claim (R43)
   */
  map(claims: JsonObject, nowSeconds: number, kind: ClaimsKind): Principal {
    this.#checkOrigin(claims);
    const expiresAt = this.#checkTimes(claims, nowSeconds, kind);
    const { claims: names, issuer, namespace } = this.settings;
    const subject = claimOf(claims, names.subject);
    if (!isName(subject) || !isSubject(subject)) throw invalidToken(`claim ${names.subject} names no subject`);
    const tenantId = claimOf(claims, names.tenant);
    if (tenantId !== undefined && !isName(tenantId)) throw invalidToken(`claim ${names.tenant} names no tenant`);
    const permissions = nameList(claimOf(claims, names.permissions) ?? []);
    if (permissions === undefined) throw invalidToken(`claim ${names.permissions} is not a list of names`);
    const authn = authentication(claimOf(claims, 'amr'));
    const clientId = claimOf(claims, 'client_id') ?? claimOf(claims, 'azp');
    return Object.freeze({
      userId: namespace.apply(subject, tenantId, this.otherNamespaces),
      ...(tenantId !== undefined && { tenantId }),
      permissions,
      scopes: this.#scopes(claimOf(claims, names.scope)),
      ...(authn !== undefined && { authn }),
      expiresAt,
      issuer,
      ...(isName(clientId) && { clientId }),
    });
  }

  /** True while a principal may be used; also checked at every cache hit. */
  hasLifeLeft(expiresAt: number, nowSeconds: number): boolean {
    return expiresAt - nowSeconds >= this.minimumRemainingSeconds && expiresAt > nowSeconds;
  }

  #checkOrigin(claims: JsonObject): void {
    if (claimOf(claims, 'iss') !== this.settings.issuer) throw invalidToken('the issuer does not match');
    const audience = claimOf(claims, 'aud');
    const named = Array.isArray(audience) ? audience : [audience];
    if (!named.every((each) => typeof each === 'string') || !named.includes(this.settings.audience)) {
      throw invalidToken('the audience does not match');
    }
    // A token bound to a key needs a proof of possession, and none is checked here (RFC 8705, RFC 9449).
    if (claimOf(claims, 'cnf') !== undefined) throw invalidToken('the token is bound to a key (cnf)');
    const use = claimOf(claims, 'token_use');
    if (use !== undefined && use !== 'access' && use !== 'access_token') throw invalidToken('token_use is not access');
    for (const mark of ['at_hash', 'c_hash', 'events']) {
      if (claimOf(claims, mark) !== undefined) throw invalidToken(`a token with ${mark} is not an access token`);
    }
  }

  #checkTimes(claims: JsonObject, nowSeconds: number, kind: ClaimsKind): number {
    const { leewaySeconds, maximumRemainingSeconds } = this.settings;
    if (kind === 'at+jwt' && claimOf(claims, 'iat') === undefined) throw invalidToken('an at+jwt without iat');
    for (const name of ['nbf', 'iat']) {
      const time = claimOf(claims, name);
      if (time === undefined) continue;
      if (!isDate(time) || time > nowSeconds + leewaySeconds) throw invalidToken(`${name} is not in the past`);
    }
    const stated = claimOf(claims, 'exp');
    const expiresAt = stated === undefined && kind === 'introspection' ? nowSeconds + UNSTATED_LIFE_SECONDS : stated;
    if (!isDate(expiresAt)) throw invalidToken('exp is not a date');
    if (expiresAt - nowSeconds > maximumRemainingSeconds) {
      throw invalidToken('exp is later than maximumRemainingSeconds allows');
    }
    // No leeway: a token that is about to expire is refused early, not late.
    if (!this.hasLifeLeft(expiresAt, nowSeconds)) throw invalidToken('the token has expired or is about to');
    return Math.floor(expiresAt);
  }

  #scopes(claim: unknown): readonly string[] {
    if (claim === undefined) throw new InternalTokenError('insufficient_scope', 'The access token has no scope.');
    const external = nameList(claim);
    if (external?.every((scope) => SCOPE_TOKEN.test(scope)) !== true) {
      throw invalidToken(`claim ${this.settings.claims.scope} is not a list of scopes`);
    }
    const { scopeMap } = this.settings;
    const internal = scopeMap === undefined ? external : external.flatMap((scope) => scopeMap.get(scope) ?? []);
    // Reserved: only the gateway marks a request as anonymous.
    return Object.freeze([...new Set(internal)].filter((scope) => scope !== 'anonymous'));
  }
}

function isDate(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && Number.isSafeInteger(Math.floor(value));
}

/** Informative only, so a malformed value is omitted. */
function authentication(methods: unknown): readonly string[] | undefined {
  const names = Array.isArray(methods) ? nameList(methods) : undefined;
  return names !== undefined && names.length > 0 ? names : undefined;
}
