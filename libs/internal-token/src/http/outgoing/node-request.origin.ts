import type { ClientRequest } from 'node:http';

/** Where Node keeps `host[:port]` as the connection was asked for; the Host field is the application's to choose. */
let authority: symbol | undefined;

function authorityOf(request: ClientRequest): string | undefined {
  authority ??= Object.getOwnPropertySymbols(request).find(({ description }) => description === 'kAuthority');
  const kept = authority === undefined ? undefined : (request as unknown as Record<symbol, unknown>)[authority];
  if (typeof kept === 'string') return kept;
  // Other versions of Node: the field counts if it names the host of the connection. The port is checked on the socket.
  const field = request.getHeader('host');
  const { host } = request;
  return typeof field === 'string' && (field === host || field.startsWith(`${host}:`)) ? field : undefined;
}

const DEFAULT_PORT: Readonly<Record<string, string>> = { 'http:': ':80', 'https:': ':443' };

/**
 * The origin of the connection, in the spelling of whoever asked for it: `ORDERS`, `orders.` or `127.1` are other
 * origins than the configured one, wherever they lead.
 */
export function originOf(request: ClientRequest): string | undefined {
  const { protocol } = request;
  const standard = DEFAULT_PORT[protocol];
  if (standard === undefined || (request as { socketPath?: unknown }).socketPath || isLedAstray(request))
    return undefined;
  const host = authorityOf(request);
  if (host === undefined) return undefined;
  return `${protocol}//${host.endsWith(standard) ? host.slice(0, -standard.length) : host}`;
}

/** Where its agent's options name a host or a unix socket, Node connects there, whatever the request says. */
function isLedAstray(request: ClientRequest): boolean {
  const { agent } = request as { agent?: { options?: { host?: unknown; socketPath?: unknown } } };
  const { host = request.host, socketPath } = agent?.options ?? {};
  return Boolean(socketPath) || host !== request.host;
}

/** The port of an origin, also where it is not written. */
export function portOf(origin: string): number {
  const url = new URL(origin);
  return Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
}
