import type { RouteDefinition } from '../nest/index.js';
import { InternalTokenError } from '../core/index.js';
import type { AccessTokenCacheOptions, AccessTokenIssuerOptions } from './access-token/index.js';
import { AddressSet } from './client-address.js';
import { ENRICHMENT_TIMEOUT_MS } from './enrichment.js';
import { resolveUpstreams, type UpstreamOptions, type UpstreamSettings } from './forwarding/upstream.options.js';
import { invalidOption } from './invalid-option.js';
import { RouteTable } from './route-table.js';

/** Options of {@link EdgeModule}. */
export interface EdgeOptions extends UpstreamOptions {
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
  /** Let handlers and services see the caller's `Cookie`. Default false. */
  readonly forwardCookies?: boolean;
  /** Let an internal token live longer than the access token it stands for. Default false. */
  readonly allowOutlive?: boolean;
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
  forwardCookies: true,
  allowOutlive: true,
  upstreams: true,
  upstreamTimeoutMs: true,
  upstreamRestartMs: true,
  upstreamTls: true,
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
  readonly forwardCookies: boolean;
  readonly allowOutlive: boolean;
  readonly upstreams: UpstreamSettings;
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
    throw invalidOption('routes', options.routes, 'give the table made by reflectRoutes(controllers, domain)');
  }
  if (!Array.isArray(options.issuers) || options.issuers.length === 0) {
    throw invalidOption(
      'issuers',
      options.issuers,
      'name at least one identity provider: { issuer, audience, discovery }',
    );
  }
  const enrichmentTimeoutMs = options.enrichmentTimeoutMs ?? ENRICHMENT_TIMEOUT_MS;
  if (!Number.isInteger(enrichmentTimeoutMs) || enrichmentTimeoutMs < 1 || enrichmentTimeoutMs > 60_000) {
    throw invalidOption('enrichmentTimeoutMs', enrichmentTimeoutMs, 'give whole milliseconds from 1 to 60000');
  }
  const realm = options.realm ?? 'api';
  if (!/^[\x20-\x7e]+$/.test(realm)) throw invalidOption('realm', realm, 'give printable ASCII');
  for (const name of options.stripHeaders ?? []) {
    if (!/^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/.test(name))
      throw invalidOption('stripHeaders', name, 'give header field names');
  }
  return Object.freeze({
    table: new RouteTable(options.routes),
    proxies: addresses(options.trustedProxies, 'trustedProxies'),
    callers: addresses(options.trustedCallers, 'trustedCallers'),
    stripHeaders: options.stripHeaders ?? [],
    forwardAuthorization: options.forwardAuthorization ?? false,
    forwardCookies: options.forwardCookies ?? false,
    allowOutlive: options.allowOutlive ?? false,
    upstreams: resolveUpstreams(options, new Set(options.routes.map(({ domain }) => domain))),
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
