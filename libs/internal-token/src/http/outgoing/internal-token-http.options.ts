import { ConfigurableModuleBuilder } from '@nestjs/common';
import { InternalTokenError } from '../../core/index.js';
import { type ConnectionEnd, connectionEnd } from './connection-end.js';
import { InternalPeer } from './internal-peer.js';

/** Options of {@link InternalTokenHttpModule}. */
export interface InternalTokenHttpOptions {
  /**
   * The origins (scheme, host, port) of the services of this trust domain: only they ever see the token. A record gives
   * them names, `{ orders: 'http://orders:3003' }`, under which they appear in spans; in a list the host is the name.
   * An origin is compared exactly: another port, spelling or subdomain is somebody else. An address to listen at, such as
   * 0.0.0.0, is none.
   */
  readonly internalOrigins: readonly string[] | Readonly<Record<string, string>>;
  /**
   * Where connections for an origin may lead beside the origin itself, by origin: to a sidecar, or under another TLS
   * server name. Default nowhere: the call is refused before its first byte (`internal_call_unsafe`).
   *
   * ```ts
   * connections: {
   *   'http://orders:3003': [{ address: '127.0.0.1', port: 15001 }, { unixSocket: true }],
   *   'https://10.0.0.5:8443': [{ servername: 'inventory.internal' }],
   * }
   * ```
   *
   * Forward proxies that are asked for a whole URL, or by CONNECT, are no such end: list the hosts in `NO_PROXY`.
   */
  readonly connections?: Readonly<Record<string, readonly ConnectionEnd[]>>;
  /** Hosts (`name` or `name:port`) that get no token although their origin is listed. Default none. */
  readonly deniedHosts?: readonly string[];
}

/** Addresses to listen at, not to arrive at: a connection to one shows another. */
const UNSPECIFIED = new Set(['0.0.0.0', '[::]', '[::ffff:0:0]']);

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<InternalTokenHttpOptions>({ moduleName: 'InternalTokenHttp' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();

/**
 * Those who get the token, by origin.
 * @throws InternalTokenError `configuration_invalid`
 */
export function resolvePeers(options: InternalTokenHttpOptions): ReadonlyMap<string, InternalPeer> {
  const { internalOrigins, connections = {}, deniedHosts = [] } = options;
  const denied = new Set(deniedHosts.map(deniedHost));
  const listed = Array.isArray(internalOrigins)
    ? internalOrigins.map((origin: unknown) => [undefined, origin] as const)
    : Object.entries(internalOrigins ?? invalid('internalOrigins', internalOrigins, 'list the origins, or []'));
  const ends = endsByOrigin(connections);
  const peers = new Map<string, InternalPeer>();
  for (const [name, given] of listed) {
    const url = internalOrigin(given);
    const peer = new InternalPeer(name ?? url.host, url, ends.get(url.origin));
    ends.delete(url.origin);
    if (!denied.has(url.hostname) && !denied.has(url.host)) peers.set(url.origin, peer);
  }
  for (const [origin] of ends) invalid('connections', origin, 'list the origin in internalOrigins');
  return peers;
}

function endsByOrigin(given: Record<string, readonly unknown[]>): Map<string, readonly ConnectionEnd[]> {
  const ends = new Map<string, readonly ConnectionEnd[]>();
  for (const [origin, list] of Object.entries(given)) {
    const url = internalOrigin(origin, 'connections');
    if (!Array.isArray(list)) invalid('connections', origin, 'give a list of ends');
    ends.set(
      url.origin,
      list.map((end) => connectionEnd(end, url)),
    );
  }
  return ends;
}

function internalOrigin(given: unknown, key = 'internalOrigins'): URL {
  const url = typeof given === 'string' ? URL.parse(given) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    return invalid(key, given, 'give scheme, host and port, such as http://orders:3003');
  }
  if (url.hostname.includes('*')) return invalid(key, given, 'a wildcard would be anybody');
  if (UNSPECIFIED.has(url.hostname)) return invalid(key, given, 'write the address where it is reached');
  if (`${url.origin}/` !== url.href) {
    return invalid(key, given, `an origin has no user, path or query; write ${url.origin}`);
  }
  return url;
}

function deniedHost(given: unknown): string {
  const url = typeof given === 'string' ? URL.parse(`x://${given.toLowerCase()}`) : null;
  if (url === null || url.host === '' || url.href !== `x://${url.host}`) {
    return invalid('deniedHosts', given, 'give a host name or host:port');
  }
  return url.host;
}

function invalid(key: string, given: unknown, fix: string): never {
  const shown = typeof given === 'string' ? JSON.stringify(withoutPassword(given)) : String(given);
  throw new InternalTokenError('configuration_invalid', `${key}: ${shown} is not accepted; ${fix}.`);
}

function withoutPassword(text: string): string {
  return text.replace(/\/\/[^/@]*@/, '//…@');
}
