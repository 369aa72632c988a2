import type { ClientRequest } from 'node:http';
import { hostFieldOf } from './node-request-head.js';

/** Where Node keeps the `host[:port]` that the connection is made to; the application may set any Host field. */
let authority: symbol | undefined;

function authorityOf(request: ClientRequest): string | undefined {
  authority ??= Object.getOwnPropertySymbols(request).find(({ description }) => description === 'kAuthority');
  const kept = authority === undefined ? undefined : (request as unknown as Record<symbol, unknown>)[authority];
  if (typeof kept === 'string') return kept;
  // Other versions of Node: use the Host field if it names the host of the connection. The socket's port is checked.
  const field = hostFieldOf(request);
  const { host } = request;
  return field !== undefined && (field === host || field.startsWith(`${host}:`)) ? field : undefined;
}

const DEFAULT_PORT: Readonly<Record<string, string>> = { 'http:': ':80', 'https:': ':443' };

/**
 * The origin of the connection, spelled as the caller spelled it: `ORDERS`, `orders.` and `127.1` are not the
 * configured origin, even if they lead to it.
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
 * True if the request names a Unix socket, or its agent's options name another host or a Unix socket: Node connects
 * there regardless of the URL.
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
