import { ConfigurableModuleBuilder } from '@nestjs/common';
import { option, OptionPath } from '../../core/index.js';
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

const origin: option.Check<URL> = (given, at) => {
  const url = typeof given === 'string' ? URL.parse(given) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw at.mustBe('scheme, host and port, such as "http://orders:3003"', given);
  }
  if (url.hostname.includes('*')) throw at.mustBe('one host, since a wildcard would be anybody', given);
  if (UNSPECIFIED.has(url.hostname)) throw at.mustBe('the address where it is reached', given);
  if (`${url.origin}/` !== url.href) throw at.mustBe(`an origin, "${url.origin}", without user, path and query`, given);
  return url;
};

/** A named list, or a list of which the hosts are the names. */
const origins: option.Check<readonly (readonly [name: string, url: URL])[]> = (given, at) => {
  if (!Array.isArray(given)) {
    return Object.entries(option.recordOf('origins by name, or a list of origins', origin)(given, at));
  }
  return option
    .listOf('origins', origin)(given, at)
    .map((url) => [url.host, url] as const);
};

const deniedHost: option.Check<string> = (given, at) => {
  const url = typeof given === 'string' ? URL.parse(`x://${given.toLowerCase()}`) : null;
  if (url === null || url.host === '' || url.href !== `x://${url.host}`) {
    throw at.mustBe('a host name or host:port', given);
  }
  return url.host;
};

const connections: option.Check<ReadonlyMap<string, readonly ConnectionEnd[]>> = (given, at) => {
  const lists = option.recordOf<unknown>('connection ends by origin', (list) => list)(given, at);
  const entries = Object.entries(lists).map(([name, list]) => {
    const url = origin(name, at.member(name));
    return [url.origin, option.listOf('connection ends', connectionEnd(url))(list, at.member(name))] as const;
  });
  return new Map(entries);
};

const checkOptions = option.group({
  internalOrigins: origins,
  connections: option.withDefault(new Map(), connections),
  deniedHosts: option.withDefault<readonly string[]>(Object.freeze([]), option.listOf('hosts', deniedHost)),
} satisfies option.ChecksOf<InternalTokenHttpOptions>);

/**
 * Those who get the token, by origin.
 * @throws InternalTokenError `configuration_invalid`
 */
export function resolvePeers(options: InternalTokenHttpOptions): ReadonlyMap<string, InternalPeer> {
  const at = new OptionPath('InternalTokenHttpModule');
  const { internalOrigins, connections: ends, deniedHosts } = checkOptions(options, at);
  const denied = new Set(deniedHosts);
  const listed = new Set(internalOrigins.map(([, url]) => url.origin));
  for (const end of ends.keys()) {
    if (!listed.has(end)) throw at.member('connections').member(end).refused('is no origin of "internalOrigins"');
  }
  const peers = new Map<string, InternalPeer>();
  for (const [name, url] of internalOrigins) {
    if (denied.has(url.hostname) || denied.has(url.host)) continue;
    peers.set(url.origin, new InternalPeer(name, url, ends.get(url.origin)));
  }
  return peers;
}
