import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { InternalTokenError, newTransactionId, type Problem, sendProblem } from '../../core/index.js';
import { emitRequestEvent } from './emit-request-event.js';
import { sendRefusal } from './send-refusal.js';
import { Application } from '../context/application.js';
import { ClientErrorHandler } from './client-error-handler.js';
import { RESOLVED_OPTIONS, type ResolvedOptions } from '../internal-token.options.js';
import { currentStore, enterStore, type InternalTokenStore, shareWithCls } from '../context/internal-token-store.js';
import { limitJsonDepth } from '../limit-json-depth.js';
import { closeLingeringly } from './close-lingeringly.js';
import { RequestAdmission } from './request-admission.js';
import { OpenRequests } from '../shutdown/open-requests.js';
import { TokenAdmission } from './token-admission.js';
import { Tracer } from '../tracing/tracer.js';
import { Upgrades } from './upgrades.js';
import { WebSocketGateways } from './websocket-gateways.js';

type Adapter = HttpAdapterHost['httpAdapter'];
type Emit = (event: string | symbol, ...args: unknown[]) => boolean;
type AdapterHook = (request: unknown, reply: unknown, done: (error?: Error) => void) => unknown;

/**
 * Stands before everything else that happens to a request: fixes its id, opens its server span, enters its context
 * and has it admitted, exactly once.
 *
 * It takes the server's `request` event, ahead of Express or Fastify, and backs that up by the adapter's own first
 * hook for requests that do not come from that server: `app.inject()` and secondary servers.
 */
@Injectable()
export class RequestHook implements OnModuleInit {
  readonly #logger = new Logger(RequestHook.name);
  readonly #stores = new WeakMap<IncomingMessage, InternalTokenStore>();
  /** Answers to clients that have not been told yet to send the body. */
  readonly #expected = new WeakSet<ServerResponse>();
  #admission: RequestAdmission;
  /** Express' or Fastify's own listener for requests. */
  #framework: RequestListener | undefined;
  #leftOver = 0;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly modules: ModuleRef,
    private readonly tracer: Tracer,
    private readonly application: Application,
    private readonly upgrades: Upgrades,
    private readonly gateways: WebSocketGateways,
    private readonly clientErrors: ClientErrorHandler,
    private readonly open: OpenRequests,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedOptions, 'trustDomain' | 'maxJsonDepth'>,
    tokens: TokenAdmission,
  ) {
    this.#admission = tokens;
  }

  /** Requests that arrived in the context of another one, which was put aside: a library mixes up contexts. */
  get leftovers(): number {
    return this.#leftOver;
  }

  /** The context that was made for a request; undefined if it never came through here. */
  storeOf(raw: IncomingMessage): InternalTokenStore | undefined {
    return this.#stores.get(raw);
  }

  onModuleInit(): void {
    this.#admission = this.#provided() ?? this.#admission;
    // Null in an application context, undefined in a bare testing module.
    const adapter = this.host.httpAdapter as Adapter | null | undefined;
    if (!adapter) return;
    const server = adapter.getHttpServer() as Server | undefined;
    const instance = adapter.getInstance<RequestListener | { routing?: RequestListener }>();
    this.#framework = typeof instance === 'function' ? instance : instance.routing;
    if (typeof server?.emit === 'function') this.attach(server);
    this.#backUp(adapter);
  }

  /** Takes the `request` event of a server, so that no listener, early or late, sees a request before this hook. */
  attach(server: Server): void {
    this.guardUpgrades(server);
    const emit = server.emit.bind(server) as Emit;
    const intercepted = (event: string | symbol, ...args: unknown[]): boolean => {
      if (event !== 'request') return emit(event, ...args);
      const [raw, response] = args as [IncomingMessage, ServerResponse];
      const enter = () => this.#deliver(server, emit, raw, response);
      this.handle(raw, response, () => this.#enterFramework(enter, raw, response));
      return true;
    };
    server.emit = intercepted as Server['emit'];
    if (server.listenerCount('checkContinue') > 0) return;
    // Node would ask for the body at once; whoever is refused need not send it.
    server.on('checkContinue', (raw: IncomingMessage, response: ServerResponse) => {
      this.#expected.add(response);
      server.emit('request', raw, response);
    });
  }

  /** Takes the `upgrade` event of a server: only handshakes with open gateway classes reach its listeners. */
  guardUpgrades(server: Server): void {
    this.upgrades.decideFor(server, (raw) => this.#admission.prepareOpen(raw));
    const emit = server.emit.bind(server) as Emit;
    const intercepted: Emit = (event, ...args) =>
      event === 'upgrade' ? this.#handOut(emit, args as [IncomingMessage, Duplex, Buffer]) : emit(event, ...args);
    server.emit = intercepted as Server['emit'];
  }

  /** Admits a request that was not admitted yet and then calls `next` in its context, or does not call it. */
  handle(raw: IncomingMessage, response: ServerResponse, next: () => void): void {
    if (this.#stores.has(raw)) return next();
    if (currentStore() !== undefined) this.#leftOver++;
    const store: InternalTokenStore = { txn: newTransactionId(), application: this.application };
    this.#stores.set(raw, store);
    closeLingeringly(raw, response);
    this.clientErrors.watch({ raw, response, store });
    this.open.add(response, store);
    enterStore(store, () => {
      shareWithCls(raw);
      this.#openServerSpan(raw, response, store);
      response.setHeader('X-Request-Id', store.txn);
      const goOn = (admitted: boolean) => {
        // A verified token has brought the id that the gateway fixed.
        if (!response.headersSent) response.setHeader('X-Request-Id', store.txn);
        // Whoever left while they were being admitted gets nothing done in their name.
        if (!admitted || response.destroyed) return;
        if (refused) return this.#refuseUpgrade(raw, response, store);
        if (!this.#limitBody(raw, response, store)) return;
        allowBody();
        next();
      };
      const allowBody = () => {
        if (this.#expected.delete(response)) response.writeContinue();
      };
      const failed = (error: unknown) => this.#fail(raw, response, store, error);
      const refused = this.upgrades.isRefused(raw);
      // Whoever took it for an upgrade on the way must not send anything behind it.
      if (refused) response.setHeader('Connection', 'close');
      let admitted: boolean | Promise<boolean> = true;
      try {
        const refusal = this.upgrades.refusalOf(raw);
        if (refusal !== undefined) return failed(refusal);
        if (this.gateways.polls(raw)) this.#admission.prepareOpen(raw);
        else admitted = this.#admission.admit({ raw, response, store, allowBody, ...(refused && { upgrade: true }) });
      } catch (error) {
        return failed(error);
      }
      if (typeof admitted === 'boolean') return goOn(admitted);
      // Out of the promise: what is thrown beyond admission is an exception, not a rejection, early or late.
      admitted.then((late) => queueMicrotask(() => goOn(late)), failed);
    });
  }

  #provided(): RequestAdmission | undefined {
    let found: RequestAdmission[];
    try {
      found = this.modules.get<RequestAdmission, RequestAdmission>(RequestAdmission, { strict: false, each: true });
    } catch {
      return undefined;
    }
    if (new Set(found).size > 1) {
      throw new InternalTokenError(
        'configuration_invalid',
        'Two modules provide RequestAdmission; only one can decide on requests. Remove one.',
      );
    }
    return found[0];
  }

  #openServerSpan(raw: IncomingMessage, response: ServerResponse, store: InternalTokenStore): void {
    const span = this.tracer.open({ op: raw.method ?? 'UNKNOWN', kind: 'server' }, store);
    store.span = span;
    response.once('close', () => {
      this.open.remove(response);
      if (!response.writableFinished) span.fail(connectionClosed());
      // Until its head is sent an answer says 200, whatever it would have become.
      span.end(response.headersSent ? response.statusCode : CLIENT_CLOSED_REQUEST);
    });
  }

  /**
   * socket.io puts its own listener in the place of the framework's, and hands on what is not below its path. Only the
   * requests of open gateway classes may find it; the framework, whose guard refuses, gets all others.
   */
  #deliver(server: Server, emit: Emit, raw: IncomingMessage, response: ServerResponse): void {
    const framework = this.gateways.takeRequests ? this.#framework : undefined;
    if (framework === undefined || server.listeners('request').includes(framework) || this.gateways.polls(raw)) {
      return void emit('request', raw, response);
    }
    emitRequestEvent(raw, response, () => Reflect.apply(framework, server, [raw, response]));
  }

  /** An upgrade that Node did not ask about. */
  #handOut(emit: Emit, [raw, socket, head]: [IncomingMessage, Duplex, Buffer]): boolean {
    const response = this.upgrades.receive(raw, socket);
    if (response !== undefined) this.handle(raw, response, () => undefined);
    else if (!emit('upgrade', raw, socket, head)) socket.destroy();
    return true;
  }

  /** 401 like any request without a token; one that verifies is told that it cannot have this. */
  #refuseUpgrade(raw: IncomingMessage, response: ServerResponse, store: InternalTokenStore): void {
    const code = store.claims === undefined ? 'txn_missing' : 'upgrade_refused';
    const error = store.refusal ?? new InternalTokenError(code);
    this.#logger.warn(`refused: ${error.message}`);
    store.span?.fail(error);
    emitRequestEvent(raw, response, () => sendRefusal(response, error, store.txn, this.options.trustDomain));
  }

  #backUp(adapter: Adapter): void {
    const { onRequestHook: earlier } = adapter as unknown as { onRequestHook?: AdapterHook };
    const hook: AdapterHook = (request, reply, done) => {
      const raw = (request as { raw?: IncomingMessage }).raw ?? (request as IncomingMessage);
      const response = (reply as { raw?: ServerResponse }).raw ?? (reply as ServerResponse);
      this.handle(raw, response, () => {
        // Fastify has found the route by now: a body that it refuses belongs to an operation like any other.
        const route = (request as { routeOptions?: { url?: string } }).routeOptions?.url;
        const span = this.storeOf(raw)?.span;
        if (route !== undefined && span?.route === undefined) span?.describe({ op: `${raw.method} ${route}`, route });
        if (earlier === undefined) done();
        else void earlier.call(adapter, request, reply, done);
      });
    };
    adapter.setOnRequestHook(hook as Parameters<typeof adapter.setOnRequestHook>[0]);
  }

  /** What a listener behind the hook throws goes where it would go without the hook; the client has an answer first. */
  #enterFramework(enter: () => void, raw: IncomingMessage, response: ServerResponse): void {
    try {
      enter();
    } catch (error) {
      const store = this.storeOf(raw);
      store?.span?.fail(error);
      if (response.headersSent) response.destroy();
      else {
        // The exception interrupts Node's parser, which reads nothing more from this connection.
        response.setHeader('Connection', 'close');
        sendProblem(response, { ...INTERNAL_ERROR, ...(store && { request_id: store.txn }) });
      }
      throw error;
    }
  }

  /** Here, where it is known that the body stays in this process. */
  #limitBody(raw: IncomingMessage, response: ServerResponse, store: InternalTokenStore): boolean {
    const { maxJsonDepth } = this.options;
    if (maxJsonDepth === false) return true;
    let allowed = true;
    const refuse = (error: unknown) => {
      allowed = false;
      this.#refuse(response, store, error);
    };
    try {
      limitJsonDepth(raw, maxJsonDepth, refuse);
    } catch (error) {
      refuse(error);
    }
    return allowed;
  }

  /** Nothing was read of the body, and perhaps the head is in doubt: no request follows on this connection. */
  #fail(raw: IncomingMessage, response: ServerResponse, store: InternalTokenStore, error: unknown): void {
    if (error instanceof InternalTokenError && error.status < 500) this.#logger.warn(`refused: ${error.message}`);
    else {
      this.#logger.error(
        'Admission failed; the request is refused',
        error instanceof Error ? error.stack : String(error),
      );
    }
    if (!response.headersSent) response.setHeader('Connection', 'close');
    emitRequestEvent(raw, response, () => this.#refuse(response, store, error));
  }

  #refuse(response: ServerResponse, store: InternalTokenStore, error: unknown): void {
    store.span?.fail(error);
    if (response.headersSent) return void response.destroy();
    const known = error instanceof InternalTokenError ? error : new InternalTokenError('txn_no_context');
    sendRefusal(response, known, store.txn, this.options.trustDomain);
  }
}

const INTERNAL_ERROR: Problem = {
  type: 'about:blank',
  title: 'Internal Server Error',
  status: 500,
  code: 'internal_error',
};

/** nginx' status for a client that left before it had an answer. It stands in logs only. */
export const CLIENT_CLOSED_REQUEST = 499;

/** What was thrown here comes first; without that it is the other side that went away. */
function connectionClosed(): Error {
  const error = new Error('The connection closed before the answer was complete');
  return Object.assign(error, { status: CLIENT_CLOSED_REQUEST });
}
