import { ConfigurableModuleBuilder } from '@nestjs/common';
import { InternalTokenError } from '../../core/index.js';

/** Options of {@link InternalTokenHttpModule}. */
export interface InternalTokenHttpOptions {
  /**
   * The origins (scheme, host, port) of the services of this trust domain: only they ever see the token. A record gives
   * them names, `{ orders: 'http://orders:3003' }`, under which they appear in spans; in a list the host is the name.
   * An origin is compared exactly: another port, spelling or subdomain is somebody else.
   */
  readonly internalOrigins: readonly string[] | Readonly<Record<string, string>>;
  /** Hosts (`name` or `name:port`) that get no token although their origin is listed. Default none. */
  readonly deniedHosts?: readonly string[];
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<InternalTokenHttpOptions>({ moduleName: 'InternalTokenHttp' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();

/**
 * The origins that get the token, with the names of those who answer there.
 * @throws InternalTokenError `configuration_invalid`
 */
export function resolvePeers(options: InternalTokenHttpOptions): ReadonlyMap<string, string> {
  const { internalOrigins, deniedHosts = [] } = options;
  const denied = new Set(deniedHosts.map(deniedHost));
  const listed = Array.isArray(internalOrigins)
    ? internalOrigins.map((origin: unknown) => [undefined, origin] as const)
    : Object.entries(internalOrigins ?? invalid('internalOrigins', internalOrigins, 'list the origins, or []'));
  const peers = new Map<string, string>();
  for (const [name, given] of listed) {
    const url = internalOrigin(given);
    if (!denied.has(url.hostname) && !denied.has(url.host)) peers.set(url.origin, name ?? url.host);
  }
  return peers;
}

function internalOrigin(given: unknown): URL {
  const url = typeof given === 'string' ? URL.parse(given) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    return invalid('internalOrigins', given, 'give scheme, host and port, such as http://orders:3003');
  }
  if (url.hostname.includes('*')) return invalid('internalOrigins', given, 'a wildcard would be anybody');
  if (`${url.origin}/` !== url.href) {
    return invalid('internalOrigins', given, `an origin has no user, path or query; write ${url.origin}`);
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
