import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import { isJsonObject } from '../core/index.js';
import type { KeyRing } from '../gateway/key-ring/index.js';
import { type KeyReport, livePage, livePagePolicy } from 'itok';
import { DevPageRefusal, protect, readJson, refuse, sendData, sendPage } from './dev-page-answers.js';
import { refuseDevPage } from './refuse-dev-page.js';
import type { LiveLog } from './live-log.js';
import { isLoopbackAddress } from './loopback.js';
import type { TokenInspector } from './token-inspector.js';

const PATH = '/__dev';
const MAX_BODY_BYTES = 32 * 1024;

/** What is shown. */
export interface DevPageSources {
  readonly log: LiveLog;
  readonly ring: Pick<KeyRing, 'keys'>;
  readonly inspector: TokenInspector;
}

/**
 * Answers what is asked below `/__dev` of one listener, before anything else sees it: no token, no span, no line. To
 * everybody who is not at this machine it does not exist.
 */
export class DevPage {
  readonly #logger = new Logger('DevPage');
  readonly #connections = new WeakSet<object>();

  constructor(private readonly sources: DevPageSources) {}

  /** Takes the events of the server itself. Requests of another listener of the same application are none of them. */
  attach(server: Server): void {
    const emit = server.emit.bind(server) as (event: string | symbol, ...args: unknown[]) => boolean;
    const intercepted = (event: string | symbol, ...args: unknown[]): boolean => {
      if (event === 'connection' || event === 'secureConnection') this.#connections.add(args[0] as object);
      if (event !== 'request') return emit(event, ...args);
      const [request, response] = args as [IncomingMessage, ServerResponse];
      if (!this.#isMeant(request, server)) return emit(event, ...args);
      void this.#answer(request, response);
      return true;
    };
    server.emit = intercepted as Server['emit'];
  }

  /** A listener or a client beyond this machine: whatever was configured, there is no such page. */
  #isMeant({ url = '', socket }: IncomingMessage, server: Server): boolean {
    if (pathOf(url) === undefined || !this.#connections.has(socket)) return false;
    const address = server.address();
    return (
      typeof address === 'object' && isLoopbackAddress(address?.address) && isLoopbackAddress(socket.remoteAddress)
    );
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    protect(response);
    try {
      const refusal = refuseDevPage(request);
      if (refusal !== undefined) throw new DevPageRefusal(403, 'Forbidden', refusal);
      await this.#route(request, response, pathOf(request.url ?? '') ?? '');
    } catch (error) {
      if (error instanceof DevPageRefusal) return refuse(response, error);
      // A client that leaves while its body is read is no news.
      if (response.destroyed) return;
      this.#logger.error('The page could not be shown', error instanceof Error ? error.stack : String(error));
      refuse(response, new DevPageRefusal(500, 'Internal Server Error', 'The log of the gateway says why.'));
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    if (path === '/inspect') return this.#inspect(request, response);
    if (request.method !== 'GET' && request.method !== 'HEAD') throw methodRefusal('GET, HEAD');
    const { log, ring } = this.sources;
    if (path === '' || path === '/') {
      const nonce = randomBytes(16).toString('base64');
      return sendPage(response, livePage({ nonce }), livePagePolicy({ nonce }));
    }
    if (path === '/requests') return openFeed(log, request, response);
    if (path === '/capture') return sendData(response, await log.capture());
    if (path === '/keys') return sendData(response, ring.keys.map(reportKey));
    const [, txn] = /^\/requests\/([0-9a-f]{32})$/.exec(path) ?? [];
    const report = txn && (await log.report(txn));
    if (!report) throw new DevPageRefusal(404, 'Not Found', 'Nothing is here, or nothing any more.');
    sendData(response, report);
  }

  async #inspect(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST') throw methodRefusal('POST');
    const body = await readJson(request, MAX_BODY_BYTES);
    const token = isJsonObject(body) && Object.hasOwn(body, 'token') ? body['token'] : undefined;
    if (typeof token !== 'string') throw new DevPageRefusal(400, 'Bad Request', 'Send {"token": "…"}.');
    sendData(response, await this.sources.inspector.inspect(token));
  }
}

/** What follows `/__dev`, as it was written: any other way to write it leads elsewhere. */
function pathOf(url: string): string | undefined {
  const [path = ''] = url.split('?', 1);
  return path === PATH || path.startsWith(`${PATH}/`) ? path.slice(PATH.length) : undefined;
}

function openFeed(log: LiveLog, { method }: IncomingMessage, response: ServerResponse): void {
  if (method === 'HEAD') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' }).end();
  } else if (!log.follow(response)) {
    throw new DevPageRefusal(503, 'Service Unavailable', 'Too many pages are open.', { 'Retry-After': '5' });
  }
}

function methodRefusal(allowed: string): DevPageRefusal {
  return new DevPageRefusal(405, 'Method Not Allowed', `Use ${allowed}.`, { Allow: allowed });
}

/** Named one by one, like everything that leaves from where keys are. */
function reportKey({
  keyId,
  algorithm,
  state,
  publishedAt,
  activateAt,
  retiredAt,
}: KeyRing['keys'][number]): KeyReport {
  return {
    keyId,
    algorithm,
    state,
    ...(publishedAt !== undefined && { publishedAt }),
    ...(activateAt !== undefined && { activateAt }),
    ...(retiredAt !== undefined && { retiredAt }),
  };
}
