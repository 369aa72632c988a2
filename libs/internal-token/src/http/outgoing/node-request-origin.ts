import type { ClientRequest } from 'node:http';
import { hostFieldOf } from './node-request-head.js';

/** Where Node keeps `host[:port]` as the connection was asked for; the Host field is the application's to choose. */
let authority: symbol | undefined;

function authorityOf(request: ClientRequest): string | undefined {
  authority ??= Object.getOwnPropertySymbols(request).find(({ description }) => description === 'kAuthority');
  const kept = authority === undefined ? undefined : (request as unknown as Record<symbol, unknown>)[authority];
  if (typeof kept === 'string') return kept;
  // Other versions of Node: the field counts if it names the host of the connection. The port is checked on the socket.
  const field = hostFieldOf(request);
  const { host } = request;
  return field !== undefined && (field === host || field.startsWith(`${host}:`)) ? field : undefined;
}

const DEFAULT_PORT: Readonly<Record<string, string>> = { 'http:': ':80', 'https:': ':443' };

/**
 * The origin of the connection, in the spelling of whoever asked for it: `ORDERS`, `orders.` or `127.1` are other
 * origins than the configured one, wherever they lead.
 */
export function originOf(request: ClientRequest): string | undefined {
  const { protocol } = request;
  const standard = DEFAULT_PORT[protocol];
  if (standard === undefined) return undefined;
  const host = authorityOf(request);
  if (host === undefined) return undefined;
  return `${protocol}//${host.endsWith(standard) ? host.slice(0, -standard.length) : host}`;
}

/**
 * True where the request names a unix socket, or its agent's options another host or one: Node connects there, whatever
 * the URL says.
 */
export function isDiverted(request: ClientRequest): boolean {
  const { agent, socketPath } = request as { agent?: { options?: AgentEnd }; socketPath?: unknown };
  const { host = request.host, socketPath: agentsPath } = agent?.options ?? {};
  return Boolean(socketPath) || Boolean(agentsPath) || host !== request.host;
}

interface AgentEnd {
  readonly host?: unknown;
  readonly socketPath?: unknown;
}
