import { claimOf, InternalTokenError, isSubject, type JsonObject } from '../../core/index.js';
import type { Principal } from './principal.js';
import { invalidToken } from './access-token-refusals.js';
import type { ResolvedIssuer } from './resolve-issuers.js';
import { isName, nameList } from './text-claims.js';

/** Expiry of an introspected token whose issuer names none: it is asked again after that. */
const UNSTATED_LIFE_SECONDS = 60;
/** What the claims were taken from. RFC 9068 asks more of an `at+jwt` than others ask of a JWT. */
export type ClaimsKind = 'at+jwt' | 'jwt' | 'introspection';

const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]{1,255}$/;

/** Turns the claims of one issuer's access token, once its origin is proven, into a principal. */
export class PrincipalMapper {
  constructor(
    private readonly settings: ResolvedIssuer,
    private readonly otherNamespaces: readonly string[],
    private readonly minimumRemainingSeconds: number,
  ) {}

  /**
   * @param claims payload of a verified JWT, or an introspection answer that says `active`
   * @param nowSeconds seconds since the epoch
   * @throws InternalTokenError `access_token_invalid`, or `insufficient_scope` where no scope is named (R43)
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
    if (permissions === undefined) throw invalidToken(`claim ${names.permissions} is no list of names`);
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

  /** True while a principal is usable: asked at every cache hit as well. */
  hasLifeLeft(expiresAt: number, nowSeconds: number): boolean {
    return expiresAt - nowSeconds >= this.minimumRemainingSeconds && expiresAt > nowSeconds;
  }

  #checkOrigin(claims: JsonObject): void {
    if (claimOf(claims, 'iss') !== this.settings.issuer) throw invalidToken('the issuer is another one');
    const audience = claimOf(claims, 'aud');
    const named = Array.isArray(audience) ? audience : [audience];
    if (!named.every((each) => typeof each === 'string') || !named.includes(this.settings.audience)) {
      throw invalidToken('the audience is another one');
    }
    // A token bound to a key proves nothing without that proof, and no proof is checked here (RFC 8705, RFC 9449).
    if (claimOf(claims, 'cnf') !== undefined) throw invalidToken('the token is bound to a key (cnf)');
    const use = claimOf(claims, 'token_use');
    if (use !== undefined && use !== 'access' && use !== 'access_token') throw invalidToken('token_use is not access');
    for (const mark of ['at_hash', 'c_hash', 'events']) {
      if (claimOf(claims, mark) !== undefined) throw invalidToken(`a token with ${mark} is no access token`);
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
    if (!isDate(expiresAt)) throw invalidToken('exp is no date');
    if (expiresAt - nowSeconds > maximumRemainingSeconds) {
      throw invalidToken('exp is further away than this issuer may say');
    }
    // No leeway: a token about to expire is refused earlier, not later.
    if (!this.hasLifeLeft(expiresAt, nowSeconds)) throw invalidToken('the token has expired or is about to');
    return Math.floor(expiresAt);
  }

  #scopes(claim: unknown): readonly string[] {
    if (claim === undefined) throw new InternalTokenError('insufficient_scope', 'The access token names no scope.');
    const external = nameList(claim);
    if (external?.every((scope) => SCOPE_TOKEN.test(scope)) !== true) {
      throw invalidToken(`claim ${this.settings.claims.scope} is no list of scopes`);
    }
    const { scopeMap } = this.settings;
    const internal = scopeMap === undefined ? external : external.flatMap((scope) => scopeMap.get(scope) ?? []);
    // Reserved: only the gateway says that a request is anonymous.
    return Object.freeze([...new Set(internal)].filter((scope) => scope !== 'anonymous'));
  }
}

function isDate(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && Number.isSafeInteger(Math.floor(value));
}

/** Informative only: what is not in its registered form is left out. */
function authentication(methods: unknown): readonly string[] | undefined {
  const names = Array.isArray(methods) ? nameList(methods) : undefined;
  return names !== undefined && names.length > 0 ? names : undefined;
}
