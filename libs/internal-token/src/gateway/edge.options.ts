import { openPathProblem, type RouteDefinition } from '../nest/index.js';
import { InternalTokenError } from '../core/index.js';
import type { AccessTokenCacheOptions, AccessTokenIssuerOptions } from './authenticate/index.js';
import { AddressSet } from './normalize/client-address.js';
import { ENRICHMENT_TIMEOUT_MS } from './authorize/enrichment.js';
import { FieldRules } from './normalize/field-rules.js';
import { resolveUpstreams, type UpstreamOptions, type ResolvedUpstreamOptions } from './dispatch/upstream.options.js';
import { invalidOption } from './invalid-option.js';
import { PublicHosts } from './normalize/public-hosts.js';

/** Options of {@link EdgeModule}. */
export interface EdgeOptions extends UpstreamOptions {
  /**
   * Every route of the application: `reflectRoutes()` of each domain's controllers, also of the domains that run
   * elsewhere, and of the gateway's own controllers. What is not listed is 404 on the public listener. The gateway's
   * global prefix and versions are added when it starts.
   */
  readonly routes: readonly RouteDefinition[];
  /**
   * Paths that the public listener answers to GET and HEAD though they are no routes: static files, an API's
   * description. `/docs`, or `/docs/*` for everything below it; never `/internal`. Such a request goes on without a
   * token and without credentials. Default none.
   */
  readonly openPaths?: readonly string[];
  /** Characters that a parameter in a path may have; a longer one is 414. 1 to 8000. Default 500. */
  readonly maxParameterLength?: number;
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
  /**
   * The hosts that clients may name: `shop.example`, `shop.example:8443`, `*.shop.example` (one label). Without a port,
   * 80 and 443 are meant. What counts is `Host`, or `X-Forwarded-Host` of a trusted proxy; another one is answered 421.
   * Default: any.
   */
  readonly publicHosts?: readonly string[];
  /** Addresses and CIDR blocks of callers whose `traceparent` is kept as the link `caller_trace_id`. Default none. */
  readonly trustedCallers?: readonly string[];
  /** Further request fields that outsiders may not say: former names of the internal token, identity fields. */
  readonly stripHeaders?: readonly string[];
  /**
   * Request fields of other systems that are removed by default and shall stay, such as `X-Request-Id`: from anybody, so
   * believe nothing that a client could write itself. What this system says itself cannot be kept. Default none.
   */
  readonly keepHeaders?: readonly string[];
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
  openPaths: true,
  maxParameterLength: true,
  issuers: true,
  allowInsecureLoopback: true,
  minimumRemainingSeconds: true,
  accessTokenCache: true,
  trustedProxies: true,
  publicHosts: true,
  trustedCallers: true,
  stripHeaders: true,
  keepHeaders: true,
  forwardAuthorization: true,
  forwardCookies: true,
  allowOutlive: true,
  upstreams: true,
  upstreamTimeoutMs: true,
  upstreamRestartMs: true,
  upstreamMaxConnections: true,
  upstreamMaxPending: true,
  maxForwardedBytes: true,
  upstreamTls: true,
  enrichmentTimeoutMs: true,
  realm: true,
};

/** Injection token of {@link ResolvedEdgeOptions}. */
export const RESOLVED_EDGE_OPTIONS = Symbol('EdgeSettings');

/** The same, checked and complete. */
export interface ResolvedEdgeOptions {
  readonly routes: readonly RouteDefinition[];
  readonly openPaths: readonly string[];
  readonly maxParameterLength: number;
  readonly proxies: AddressSet;
  readonly callers: AddressSet;
  /** Undefined: any. */
  readonly publicHosts: PublicHosts | undefined;
  readonly fieldRules: FieldRules;
  readonly forwardAuthorization: boolean;
  readonly forwardCookies: boolean;
  readonly allowOutlive: boolean;
  readonly upstreams: ResolvedUpstreamOptions;
  readonly enrichmentTimeoutMs: number;
  readonly realm: string;
}

/**
 * Checks the options once.
 * @throws InternalTokenError `configuration_invalid` naming the option, what was given and the fix
 */
export function resolveEdgeOptions(options: EdgeOptions): ResolvedEdgeOptions {
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
  return Object.freeze({
    routes: Object.freeze([...options.routes]),
    openPaths: openPaths(options.openPaths),
    maxParameterLength: parameterLength(options.maxParameterLength),
    proxies: addresses(options.trustedProxies, 'trustedProxies'),
    callers: addresses(options.trustedCallers, 'trustedCallers'),
    publicHosts: publicHosts(options),
    fieldRules: fieldRules(options),
    forwardAuthorization: options.forwardAuthorization ?? false,
    forwardCookies: options.forwardCookies ?? false,
    allowOutlive: options.allowOutlive ?? false,
    upstreams: resolveUpstreams(options, new Set(options.routes.map(({ domain }) => domain))),
    enrichmentTimeoutMs,
    realm,
  });
}

function openPaths(paths: readonly string[] = []): readonly string[] {
  for (const path of paths) {
    const problem = openPathProblem(path);
    if (problem !== undefined) throw invalidOption('openPaths', path, `it ${problem}`);
  }
  return Object.freeze([...paths]);
}

function parameterLength(length = 500): number {
  if (Number.isInteger(length) && length >= 1 && length <= 8000) return length;
  throw invalidOption('maxParameterLength', length, 'give a whole number of characters from 1 to 8000');
}

const FIELD_NAME = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/;

function fieldRules({ stripHeaders = [], keepHeaders = [] }: EdgeOptions): FieldRules {
  for (const [option, names] of Object.entries({ stripHeaders, keepHeaders })) {
    const wrong = names.find((name) => !FIELD_NAME.test(name));
    if (wrong !== undefined) throw invalidOption(option, wrong, 'give header field names');
  }
  const rules = new FieldRules({ strip: stripHeaders, keep: keepHeaders });
  const unkept = keepHeaders.find((name) => rules.judge(name) !== 'keep');
  if (unkept === undefined) return rules;
  const fix =
    'it is always removed (the internal token, our trace, forwarding, the connection) or is in stripHeaders: leave it out';
  throw invalidOption('keepHeaders', unkept, fix);
}

function publicHosts({ publicHosts: entries }: EdgeOptions): PublicHosts | undefined {
  if (entries === undefined) return undefined;
  const fix = 'give hosts such as "shop.example", "shop.example:8443" or "*.shop.example", or leave it out';
  if (entries.length === 0) throw invalidOption('publicHosts', entries, fix);
  try {
    return new PublicHosts(entries);
  } catch (error) {
    throw invalidOption('publicHosts', (error as Error).message, fix);
  }
}

function addresses(entries: readonly string[] | undefined, setting: string): AddressSet {
  try {
    return new AddressSet(entries ?? [], setting);
  } catch (error) {
    throw new InternalTokenError('configuration_invalid', `EdgeModule: ${(error as Error).message}`);
  }
}
