import type { RouteDefinition } from '../nest/index.js';
import { InternalTokenError } from '../core/index.js';
import type { AccessTokenCacheOptions, AccessTokenIssuerOptions } from './access-token/index.js';
import { AddressSet } from './client-address.js';
import { ENRICHMENT_TIMEOUT_MS } from './enrichment.js';
import { RouteTable } from './route-table.js';

/** Options of {@link EdgeModule}. */
export interface EdgeOptions {
  /**
   * Every route of the application: `reflectRoutes()` of each domain's controllers, also of the domains that run
   * elsewhere, and of the gateway's own controllers. What is not listed is 404 on the public listener.
   */
  readonly routes: readonly RouteDefinition[];
  /** The identity providers whose access tokens are accepted. At least one. */
  readonly issuers: readonly AccessTokenIssuerOptions[];
  /** Accept plain http to identity providers on loopback addresses: development only. Default false. */
  readonly allowInsecureLoopback?: boolean;
  /** An access token with less life left counts as expired, in seconds. Default 10. */
  readonly minimumRemainingSeconds?: number;
  readonly accessTokenCache?: AccessTokenCacheOptions;
  /**
   * Addresses and CIDR blocks of the proxies in front of the gateway. Only their `X-Forwarded-For` is believed; from
   * everybody else forwarding fields are removed. Default none.
   */
  readonly trustedProxies?: readonly string[];
  /** Addresses and CIDR blocks of callers whose `traceparent` is kept as the link `caller_trace_id`. Default none. */
  readonly trustedCallers?: readonly string[];
  /** Further request fields that outsiders may not say: former names of the internal token, identity fields. */
  readonly stripHeaders?: readonly string[];
  /** Let handlers and services see the caller's `Authorization`. Default false. */
  readonly forwardAuthorization?: boolean;
  /** Let an internal token live longer than the access token it stands for. Default false. */
  readonly allowOutlive?: boolean;
  /** Domains that run in another process: their routes go to the {@link Forwarder}. Default none. */
  readonly remoteDomains?: readonly string[];
  /** How long a `PermissionEnricher` may take, in milliseconds. Default 500. */
  readonly enrichmentTimeoutMs?: number;
  /** The `realm` of `WWW-Authenticate`. Default `api`. */
  readonly realm?: string;
}

const KNOWN: Readonly<Record<keyof EdgeOptions, true>> = {
  routes: true,
  issuers: true,
  allowInsecureLoopback: true,
  minimumRemainingSeconds: true,
  accessTokenCache: true,
  trustedProxies: true,
  trustedCallers: true,
  stripHeaders: true,
  forwardAuthorization: true,
  allowOutlive: true,
  remoteDomains: true,
  enrichmentTimeoutMs: true,
  realm: true,
};

/** Injection token of {@link EdgeSettings}. */
export const EDGE_SETTINGS = Symbol('EdgeSettings');

/** The same, checked and complete. */
export interface EdgeSettings {
  readonly table: RouteTable;
  readonly proxies: AddressSet;
  readonly callers: AddressSet;
  readonly stripHeaders: readonly string[];
  readonly forwardAuthorization: boolean;
  readonly allowOutlive: boolean;
  readonly remoteDomains: ReadonlySet<string>;
  readonly enrichmentTimeoutMs: number;
  readonly realm: string;
}

/**
 * Checks the options once.
 * @throws InternalTokenError `configuration_invalid` naming the option, what was given and the fix
 */
export function resolveEdgeOptions(options: EdgeOptions): EdgeSettings {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(KNOWN, name)) {
      const known = Object.keys(KNOWN).join(', ');
      throw new InternalTokenError('configuration_invalid', `EdgeModule has no option "${name}"; it has: ${known}.`);
    }
  }
  if (!Array.isArray(options.routes)) {
    throw invalid('routes', options.routes, 'give the table made by reflectRoutes(controllers, domain)');
  }
  if (!Array.isArray(options.issuers) || options.issuers.length === 0) {
    throw invalid('issuers', options.issuers, 'name at least one identity provider: { issuer, audience, discovery }');
  }
  const enrichmentTimeoutMs = options.enrichmentTimeoutMs ?? ENRICHMENT_TIMEOUT_MS;
  if (!Number.isInteger(enrichmentTimeoutMs) || enrichmentTimeoutMs < 1 || enrichmentTimeoutMs > 60_000) {
    throw invalid('enrichmentTimeoutMs', enrichmentTimeoutMs, 'give whole milliseconds from 1 to 60000');
  }
  const realm = options.realm ?? 'api';
  if (!/^[\x20-\x7e]+$/.test(realm)) throw invalid('realm', realm, 'give printable ASCII');
  for (const name of options.stripHeaders ?? []) {
    if (!/^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/.test(name)) throw invalid('stripHeaders', name, 'give header field names');
  }
  return Object.freeze({
    table: new RouteTable(options.routes),
    proxies: addresses(options.trustedProxies, 'trustedProxies'),
    callers: addresses(options.trustedCallers, 'trustedCallers'),
    stripHeaders: options.stripHeaders ?? [],
    forwardAuthorization: options.forwardAuthorization ?? false,
    allowOutlive: options.allowOutlive ?? false,
    remoteDomains: knownDomains(options),
    enrichmentTimeoutMs,
    realm,
  });
}

function addresses(entries: readonly string[] | undefined, setting: string): AddressSet {
  try {
    return new AddressSet(entries ?? [], setting);
  } catch (error) {
    throw new InternalTokenError('configuration_invalid', `EdgeModule: ${(error as Error).message}`);
  }
}

function knownDomains({ remoteDomains = [], routes }: EdgeOptions): ReadonlySet<string> {
  const known = new Set(routes.map((route) => route.domain));
  for (const domain of remoteDomains) {
    if (!known.has(domain)) {
      throw invalid('remoteDomains', domain, `no route belongs to it; the domains are: ${[...known].join(', ')}`);
    }
  }
  return new Set(remoteDomains);
}

function invalid(option: string, given: unknown, fix: string): InternalTokenError {
  const text = (JSON.stringify(given) ?? 'undefined').slice(0, 100);
  return new InternalTokenError('configuration_invalid', `EdgeModule option "${option}" is ${text}: ${fix}.`);
}
