import { type Agent, globalAgent } from 'node:http';
import { globalAgent as globalHttpsAgent } from 'node:https';
import { PortError, type PortDefinition, type PortMethod } from '@app/contracts';
import type { HttpService } from '@nestjs/axios';
import type { AxiosResponse } from 'axios';
import { PeerRestart } from './peer-restart.js';
import { portPath } from './port-path.js';
import { toTransportError } from './to-transport-error.js';

/** More than a page of anything; an endless answer ends here. */
const MAX_ANSWER_BYTES = 10 * 1024 * 1024;

/** What a port's methods do when they live elsewhere: one POST each, repeated where that is harmless. */
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
      // Errors are read from the body; a redirect would take the token elsewhere; a proxy would see it.
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
  // Not our problem+json: something between the two processes answered in the other's place.
  return PortError.of('port_unreachable', `${operation} was answered with ${status} by something else.`);
}

/** Where the answer got lost. What the other side says of connections of its own it has repeated itself. */
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

/** A process that ends closes all its idle connections at once: what is repeated shall not meet the next of them. */
function dropIdle({ axiosRef: { defaults } }: HttpService, baseUrl: string): void {
  const { protocol, hostname, port } = new URL(baseUrl);
  const [agent, defaultPort] =
    protocol === 'https:' ? [defaults.httpsAgent ?? globalHttpsAgent, 443] : [defaults.httpAgent ?? globalAgent, 80];
  // How Node names a peer: more follows, such as its certificate authority.
  const peer = `${hostname.replace(/^\[|\]$/g, '')}:${port || defaultPort}:`;
  const idle = Object.entries((agent as Agent).freeSockets);
  for (const socket of idle.flatMap(([name, sockets = []]) => (name.startsWith(peer) ? sockets : []))) socket.destroy();
}
