import { type Agent, globalAgent } from 'node:http';
import { globalAgent as globalHttpsAgent } from 'node:https';
import { PortError, type PortDefinition, type PortMethod } from '@app/contracts';
import type { HttpService } from '@nestjs/axios';
import type { AxiosResponse } from 'axios';
import { PeerRestart } from './peer-restart.js';
import { portPath } from './port-path.js';
import { toTransportError } from './to-transport-error.js';

/** More than any page of results; cuts off an endless answer. */
const MAX_ANSWER_BYTES = 10 * 1024 * 1024;

/** Implements the methods of a port in another process: one POST each, repeated where that is harmless. */
export function remoteImplementation<Api extends object>(
  definition: PortDefinition<Api>,
  baseUrl: string,
  http: HttpService,
): Api {
  const base = `${baseUrl.replace(/\/+$/, '')}/${portPath(definition)}`;
  const restart = new PeerRestart();
  const methods = Object.entries<PortMethod>(definition.methods).map(([name, { idempotent }]) => {
    const operation = `${definition.name}.${name}`;
    const post = (input: unknown) => restart.bridge(() => send(http, `${base}/${name}`, operation, input));
    const exchange = idempotent ? repeatingOnce(post, () => dropIdle(http, baseUrl)) : post;
    return [name, async (input: unknown) => read(await exchange(input), operation)] as const;
  });
  return Object.fromEntries(methods) as Api;
}

async function send(http: HttpService, url: string, operation: string, data: unknown): Promise<AxiosResponse<unknown>> {
  try {
    return await http.axiosRef.request({
      method: 'POST',
      url,
      data,
      // Errors are in the body. A redirect would send the token elsewhere, and a proxy would see it.
      validateStatus: () => true,
      maxRedirects: 0,
      proxy: false,
      maxContentLength: MAX_ANSWER_BYTES,
    });
  } catch (error) {
    throw toTransportError(error, operation);
  }
}

function read(response: AxiosResponse<unknown>, operation: string): unknown {
  if (response.status === 204) return undefined;
  if (response.status === 200) return response.data;
  throw refusal(response, operation);
}

function refusal({ status, data }: AxiosResponse<unknown>, operation: string): PortError {
  if (typeof data === 'object' && data !== null) {
    const { code, detail } = data as { code?: unknown; detail?: unknown };
    const refused = status >= 400 && status <= 599;
    if (refused && typeof code === 'string')
      return new PortError(code, status, typeof detail === 'string' ? detail : code);
  }
  // Not our problem+json: something between the two processes has answered.
  return PortError.of('port_unreachable', `${operation} was answered with ${status} by something else.`);
}

/** True if the answer was lost on this connection; the other side has already repeated its own lost calls. */
function repeatingOnce<Answer>(
  post: (input: unknown) => Promise<Answer>,
  before: () => void,
): (input: unknown) => Promise<Answer> {
  return (input) =>
    post(input).catch((error: unknown) => {
      if (!(error instanceof PortError) || error.code !== 'port_interrupted') throw error;
      before();
      return post(input);
    });
}

/** A process that ends closes all its idle connections at once, so a repeated call must not use another of them. */
function dropIdle({ axiosRef: { defaults } }: HttpService, baseUrl: string): void {
  const { protocol, hostname, port } = new URL(baseUrl);
  const [agent, defaultPort] =
    protocol === 'https:' ? [defaults.httpsAgent ?? globalHttpsAgent, 443] : [defaults.httpAgent ?? globalAgent, 80];
  // Node's name for a peer; more follows it, such as the certificate authority.
  const peer = `${hostname.replace(/^\[|\]$/g, '')}:${port || defaultPort}:`;
  const idle = Object.entries((agent as Agent).freeSockets);
  for (const socket of idle.flatMap(([name, sockets = []]) => (name.startsWith(peer) ? sockets : []))) socket.destroy();
}
