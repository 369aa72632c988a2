import type { RenewableTls, TlsMaterial } from '../../core/index.js';
import { invalidOption } from '../invalid-option.js';

/** The part of `EdgeOptions` that is about domains in other processes. */
export interface UpstreamOptions {
  /**
   * The domains that run in another process, each with its origin: `{ orders: 'http://127.0.0.1:3003' }`. Their routes
   * are forwarded there. Default none.
   */
  readonly upstreams?: Readonly<Record<string, string>>;
  /**
   * How long an upstream may keep silent, before its answer or within it, in milliseconds; a stream of events
   * (`text/event-stream`) may. Default 30000, and never more than half of the internal token's lifetime.
   */
  readonly upstreamTimeoutMs?: number;
  /**
   * How long requests wait for an upstream that does not accept connections, as while it restarts, in milliseconds;
   * counted from the first one that found it so. 0 never waits. Default 3000.
   */
  readonly upstreamRestartMs?: number;
  /**
   * How many requests an upstream has at a time, each on a connection of its own, from 1 to 65535; a stream of events is
   * one for as long as it lasts. Default 256.
   */
  readonly upstreamMaxConnections?: number;
  /**
   * How many more wait for their turn, from 0 to 1000000; every further one is 503 `upstream_overloaded` at once, and so
   * is one that has waited for `upstreamTimeoutMs`. Default 1024.
   */
  readonly upstreamMaxPending?: number;
  /**
   * The largest body that is forwarded, in bytes; a larger one is 413 `payload_too_large`, and the connection is closed.
   * Bodies are streamed, so that by default there is no limit: the service has one of its own.
   */
  readonly maxForwardedBytes?: number;
  /** For upstreams with `https:` origins; what changes later holds for new connections. */
  readonly upstreamTls?: TlsMaterial | RenewableTls;
}

/** The same, checked and complete. */
export interface ResolvedUpstreamOptions {
  /** Origin by domain. */
  readonly origins: ReadonlyMap<string, string>;
  /** Undefined: follow the token's lifetime. */
  readonly timeoutMs: number | undefined;
  readonly restartMs: number;
  readonly maxConnections: number;
  readonly maxPending: number;
  /** Infinity: no limit. */
  readonly maxBytes: number;
  readonly tls: TlsMaterial | RenewableTls;
}

/**
 * @param domains the names that occur in the route table
 * @throws InternalTokenError `configuration_invalid`
 */
export function resolveUpstreams(options: UpstreamOptions, domains: ReadonlySet<string>): ResolvedUpstreamOptions {
  const origins = new Map<string, string>();
  for (const [domain, url] of Object.entries(options.upstreams ?? {})) {
    if (!domains.has(domain)) {
      const known = [...domains].join(', ');
      throw invalidOption('upstreams', domain, `no route belongs to this domain; the domains are: ${known}`);
    }
    origins.set(domain, originOf(domain, url));
  }
  return Object.freeze({
    origins,
    timeoutMs: milliseconds('upstreamTimeoutMs', options.upstreamTimeoutMs, 1),
    restartMs: milliseconds('upstreamRestartMs', options.upstreamRestartMs, 0) ?? 3000,
    maxConnections: count('upstreamMaxConnections', options.upstreamMaxConnections, 1, 65_535) ?? 256,
    maxPending: count('upstreamMaxPending', options.upstreamMaxPending, 0, 1_000_000) ?? 1024,
    maxBytes: count('maxForwardedBytes', options.maxForwardedBytes, 1, Number.MAX_SAFE_INTEGER) ?? Infinity,
    tls: options.upstreamTls ?? {},
  });
}

function originOf(domain: string, given: unknown): string {
  const url = typeof given === 'string' ? URL.parse(given) : null;
  const fix = 'give an origin, for example "http://127.0.0.1:3003"';
  if (url === null || !/^https?:$/.test(url.protocol)) throw invalidOption(`upstreams.${domain}`, given, fix);
  if (url.username !== '' || url.password !== '') {
    throw invalidOption(
      `upstreams.${domain}`,
      'a URL with credentials',
      `${fix}; services know the gateway by its token`,
    );
  }
  // The path is the client's, byte for byte; one in front of it would be a rewriting of targets.
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw invalidOption(`upstreams.${domain}`, given, `${fix}, without path and query`);
  }
  return url.origin;
}

function count(option: string, given: number | undefined, least: number, most: number): number | undefined {
  if (given === undefined) return undefined;
  if (!Number.isInteger(given) || given < least || given > most) {
    throw invalidOption(option, given, `give a whole number from ${least} to ${most}`);
  }
  return given;
}

function milliseconds(option: string, given: number | undefined, least: number): number | undefined {
  if (given === undefined) return undefined;
  if (!Number.isInteger(given) || given < least || given > 3_600_000) {
    throw invalidOption(option, given, `give whole milliseconds from ${least} to 3600000`);
  }
  return given;
}
