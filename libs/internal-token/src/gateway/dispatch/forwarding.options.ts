import { option, type OptionPath, type RenewableTls, type TlsMaterial, tlsOption } from '../../core/index.js';

/** What happens to requests for domains that run in another process. */
export interface ForwardingOptions {
  /**
   * The domains that run in another process: `{ orders: { origin: 'http://127.0.0.1:3003' } }`. Their routes are
   * forwarded there. Default none.
   */
  readonly upstreams?: Readonly<Record<string, UpstreamOptions>>;
  /**
   * The largest body that is forwarded, in bytes; a larger one is 413 `payload_too_large`, and the connection is closed.
   * Bodies are streamed, so that by default there is no limit: the service has one of its own.
   */
  readonly maxBodyBytes?: number;
}

/** A domain in another process. */
export interface UpstreamOptions {
  /** Scheme, host and port, without path: `http://127.0.0.1:3003`. */
  readonly origin: string;
  /**
   * How long it may keep silent, before its answer or within it, in milliseconds, 1 to 3600000; a stream of events
   * (`text/event-stream`) may. Default 30000, and never more than half of the internal token's lifetime.
   */
  readonly timeoutMs?: number;
  /**
   * How long requests wait for it while it does not accept connections, as during a restart, in milliseconds, 0 to
   * 3600000; counted from the first one that found it so. 0 never waits. Default 3000.
   */
  readonly restartMs?: number;
  /**
   * How many requests it has at a time, each on a connection of its own, 1 to 65535; a stream of events is one for as
   * long as it lasts. Default 256.
   */
  readonly maxConnections?: number;
  /**
   * How many more wait for their turn, 0 to 1000000; every further one is 503 `upstream_overloaded` at once, and so is
   * one that has waited for `timeoutMs`. Default 1024.
   */
  readonly maxPending?: number;
  /** For an `https:` origin; what changes later holds for new connections. Default: the authorities of Node. */
  readonly tls?: TlsMaterial | RenewableTls;
}

const AN_HOUR_MS = 3_600_000;

const origin: option.Check<string> = (given, at) => {
  const url = typeof given === 'string' ? URL.parse(given) : null;
  // The path is the client's, byte for byte; one in front of it would be a rewriting of targets.
  const accepted = url !== null && /^https?:$/.test(url.protocol) && `${url.origin}/` === url.href;
  if (accepted) return url.origin;
  throw at.mustBe('an origin without user name, path and query, such as "http://127.0.0.1:3003"', given);
};

const upstream = option.group({
  origin,
  timeoutMs: option.optional(option.wholeNumber(1, AN_HOUR_MS, 'milliseconds')),
  restartMs: option.withDefault(3_000, option.wholeNumber(0, AN_HOUR_MS, 'milliseconds')),
  maxConnections: option.withDefault(256, option.wholeNumber(1, 65_535, 'connections')),
  maxPending: option.withDefault(1_024, option.wholeNumber(0, 1_000_000, 'requests')),
  tls: option.withDefault<TlsMaterial | RenewableTls>(Object.freeze({}), tlsOption),
} satisfies option.ChecksOf<UpstreamOptions>);

/** {@link UpstreamOptions}, checked, complete and frozen. */
export type ResolvedUpstreamOptions = ReturnType<typeof upstream>;

/** Checks {@link ForwardingOptions}. */
export const forwardingOptions = option.optionalGroup({
  upstreams: option.withDefault<Readonly<Record<string, ResolvedUpstreamOptions>>>(
    Object.freeze({}),
    option.recordOf('upstreams by the name of their domain', upstream),
  ),
  maxBodyBytes: option.withDefault(Infinity, option.wholeNumber(1, Number.MAX_SAFE_INTEGER, 'bytes')),
} satisfies option.ChecksOf<ForwardingOptions>);

/** {@link ForwardingOptions}, checked, complete and frozen. */
export type ResolvedForwardingOptions = ReturnType<typeof forwardingOptions>;

/**
 * @param routes of the gateway: each upstream has to be the domain of one
 * @param at the place of the options
 * @throws InternalTokenError `configuration_invalid`
 */
export function checkDomains(
  { upstreams }: ResolvedForwardingOptions,
  routes: readonly { readonly domain: string }[],
  at: OptionPath,
): void {
  const domains = new Set(routes.map(({ domain }) => domain));
  const wrong = Object.keys(upstreams).find((domain) => !domains.has(domain));
  if (wrong === undefined) return;
  const known = [...domains].map((domain) => `"${domain}"`).join(', ') || 'none';
  throw at.member('upstreams').member(wrong).refused(`names a domain without routes; the domains are ${known}`);
}
