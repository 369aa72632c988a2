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

/** The data that the page shows. */
export interface DevPageSources {
  readonly log: LiveLog;
  readonly ring: Pick<KeyRing, 'keys'>;
  readonly inspector: TokenInspector;
}

/**
 * Answers requests below `/__dev` on one listener before anything else sees them, so they get no token, no span and no
 * log line. For clients on other machines the page does not exist.
 */
export class DevPage {
  readonly #logger = new Logger('DevPage');
  readonly #connections = new WeakSet<object>();

  constructor(private readonly sources: DevPageSources) {}

  /** Intercepts the events of this server only, not those of other listeners of the application. */
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

  /** False if the listener or the client is not on loopback: then the page does not exist, whatever is configured. */
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
      // The client disconnected while its body was being read.
      if (response.destroyed) return;
      this.#logger.error('The page could not be shown', error instanceof Error ? error.stack : String(error));
      refuse(response, new DevPageRefusal(500, 'Internal Server Error', 'See the log of the gateway.'));
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
    if (!report) throw new DevPageRefusal(404, 'Not Found', 'There is nothing here, or it has expired.');
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

/** The part of a URL path after `/__dev`, without decoding; other spellings are not this page. */
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

/** Copies members one by one, so that no key material can be added by accident. */
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
