import { option, OptionPath } from '../core/index.js';
import {
  accessTokenOptions,
  type AccessTokenOptions,
  type ResolvedAccessTokenOptions,
} from './authenticate/access-token.options.js';
import { ENRICHMENT_TIMEOUT_MS } from './authorize/enrichment.js';
import {
  checkDomains,
  forwardingOptions,
  type ForwardingOptions,
  type ResolvedForwardingOptions,
} from './dispatch/forwarding.options.js';
import { headerOptions, type HeaderOptions, type ResolvedHeaderOptions } from './normalize/header.options.js';
import { type ResolvedRouteOptions, routeOptions, type RouteOptions } from './route/route.options.js';

/** Options of {@link EdgeModule}. */
export interface EdgeOptions {
  /** The routes of the application, here and elsewhere, and what else the public listener answers. */
  readonly routes: RouteOptions;
  /** Which access tokens are accepted, and what an internal token takes from them. */
  readonly accessTokens: AccessTokenOptions;
  /** Which headers of a request are believed, and which are passed on. */
  readonly headers?: HeaderOptions;
  /** The domains that run in other processes, and the connections to them. Default none. */
  readonly forwarding?: ForwardingOptions;
  /** How long a `PermissionEnricher` may take, in milliseconds, 1 to 60000. Default 500. */
  readonly enrichmentTimeoutMs?: number;
}

/** Injection token of {@link ResolvedEdgeOptions}. */
export const RESOLVED_EDGE_OPTIONS = Symbol('ResolvedEdgeOptions');

/** {@link EdgeOptions}, checked, complete and frozen. */
export interface ResolvedEdgeOptions
  extends ResolvedHeaderOptions, Pick<ResolvedAccessTokenOptions, 'allowOutlive' | 'realm'> {
  readonly routes: ResolvedRouteOptions;
  readonly forwarding: ResolvedForwardingOptions;
  readonly enrichmentTimeoutMs: number;
}

/** The checks of {@link EdgeOptions}. */
export const EDGE_CHECKS = {
  routes: routeOptions,
  accessTokens: accessTokenOptions,
  headers: headerOptions,
  forwarding: forwardingOptions,
  enrichmentTimeoutMs: option.withDefault(ENRICHMENT_TIMEOUT_MS, option.wholeNumber(1, 60_000, 'milliseconds')),
} satisfies option.ChecksOf<EdgeOptions>;

const members = option.group(EDGE_CHECKS);

/** @throws InternalTokenError `configuration_invalid`, naming the option, what was given and what is allowed */
export function resolveEdgeOptions(options: EdgeOptions): ResolvedEdgeOptions {
  const at = new OptionPath('EdgeModule');
  const { accessTokens, headers, ...rest } = members(options, at);
  checkDomains(rest.forwarding, rest.routes.table, at.member('forwarding'));
  const { allowOutlive, realm } = accessTokens;
  return Object.freeze({ ...headers, ...rest, allowOutlive, realm });
}
