import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { announcesBody, InternalTokenError, type Problem } from '../../core/index.js';
import { Application } from '../context/application.js';
import { currentStore, enterCls, enterRequest, shareWithCls } from '../context/internal-token-store.js';
import { keepRecord, recordOf, type RequestRecord } from '../context/request-record.js';
import { RESOLVED_OPTIONS, type ResolvedOptions } from '../internal-token.options.js';
import { limitJsonDepth } from '../limit-json-depth.js';
import { ServicePipeline } from '../service-pipeline.js';
import { Tracer } from '../tracing/tracer.js';
import { closeLingeringly } from './close-lingeringly.js';
import { emitRequestEvent } from './emit-request-event.js';
import { OpenRequests } from './open-requests.js';
import type { RequestPipeline } from './request-pipeline.js';
import { sendRefusal } from './send-refusal.js';
import { Upgrades } from './upgrades.js';
import { WebSocketGateways } from './websocket-gateways.js';

type Adapter = HttpAdapterHost['httpAdapter'];
type Emit = (event: string | symbol, ...args: unknown[]) => boolean;
type AdapterHook = (request: unknown, reply: unknown, done: (error?: Error) => void) => unknown;

/**
 * Stands before everything else that happens to a request: fixes its id, enters its context, opens its server span and
 * runs its pipeline, exactly once. The socket decides which pipeline that is, never what the request says.
 *
 * It takes the server's `request` event, ahead of Express or Fastify. The adapter's own first hook backs that up for
 * requests that do not come from that server: `app.inject()` and secondary servers.
 */
@Injectable()
export class RequestHook implements OnModuleInit {
  readonly #logger = new Logger(RequestHook.name);
  /** Of connections to further listeners. */
  readonly #pipelines = new WeakMap<Duplex, RequestPipeline>();
  /** Responses to clients that wait for `100 Continue`. */
  readonly #waiting = new WeakSet<ServerResponse>();
  #pipeline: RequestPipeline;
  /** Express' or Fastify's own listener for requests. */
  #framework: RequestListener | undefined;
  #leftovers = 0;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly tracer: Tracer,
    private readonly application: Application,
    private readonly upgrades: Upgrades,
    private readonly gateways: WebSocketGateways,
    private readonly open: OpenRequests,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedOptions, 'maxJsonDepth'>,
    private readonly service: ServicePipeline,
  ) {
    this.#pipeline = service;
  }

  /** Requests that arrived in the context of another one, which was put aside: a library mixes up contexts. */
  get leftovers(): number {
    return this.#leftovers;
  }

  onModuleInit(): void {
    // Null in an application context, undefined in a bare testing module.
    const adapter = this.host.httpAdapter as Adapter | null | undefined;
    if (!adapter) return;
    const server = adapter.getHttpServer() as Server | undefined;
    const instance = adapter.getInstance<RequestListener | { routing?: RequestListener }>();
    this.#framework = typeof instance === 'function' ? instance : instance.routing;
    if (typeof server?.emit === 'function') this.attach(server);
    this.#backUp(adapter);
  }

  /**
   * Makes this the application's pipeline, in place of a service's.
   * @throws InternalTokenError `configuration_invalid` if another one took that place already
   */
  usePipeline(pipeline: RequestPipeline): void {
    // `overrideInternalToken()` has put another one in the service's place: it stays.
    if (!(this.service instanceof ServicePipeline)) return;
    if (this.#pipeline !== this.service) {
      throw new InternalTokenError(
        'configuration_invalid',
        'Two modules decide on the requests of this application. Import one gateway module, once.',
      );
    }
    this.#pipeline = pipeline;
  }

  /** Makes this the pipeline of whatever comes through a further listener. */
  usePipelineFor(server: Server, pipeline: RequestPipeline): void {
    const remember = (socket: Duplex) => void this.#pipelines.set(socket, pipeline);
    for (const event of ['connection', 'secureConnection']) server.prependListener(event, remember);
  }

  /** Takes the `request` event of a server, so that no listener, early or late, sees a request before this hook. */
  attach(server: Server): void {
    this.guardUpgrades(server);
    const emit = server.emit.bind(server) as Emit;
    const intercepted = (event: string | symbol, first: unknown, second: unknown, ...more: unknown[]): boolean => {
      if (event !== 'request') return emit(event, first, second, ...more);
      const raw = first as IncomingMessage;
      const response = second as ServerResponse;
      this.handle(raw, response, () => this.#deliver(server, emit, raw, response));
      return true;
    };
    server.emit = intercepted as Server['emit'];
    if (server.listenerCount('checkContinue') > 0) return;
    // Node would ask for the body at once; a request that is refused need not send it.
    server.on('checkContinue', (raw: IncomingMessage, response: ServerResponse) => {
      this.#waiting.add(response);
      server.emit('request', raw, response);
    });
  }

  /** Takes the `upgrade` event of a server: only handshakes with open gateway classes reach its listeners. */
  guardUpgrades(server: Server): void {
    this.upgrades.decideFor(server, (raw) => this.#pipelineOf(raw).prepareOpen(raw));
    const emit = server.emit.bind(server) as Emit;
    const intercepted: Emit = (event, ...args) =>
      event === 'upgrade' ? this.#handOut(emit, args as [IncomingMessage, Duplex, Buffer]) : emit(event, ...args);
    server.emit = intercepted as Server['emit'];
  }

  /**
   * Runs the pipeline of a request that was not seen yet, then calls `next` in its context, or does not call it. One that
   * is delivered again, while it is decided on or after it was refused, gets no further.
   */
  handle(raw: IncomingMessage, response: ServerResponse, next: () => void): void {
    const known = recordOf(raw, this.application);
    if (known !== undefined) return known.entered ? next() : undefined;
    if (currentStore() !== undefined) this.#leftovers++;
    const pipeline = this.#pipelineOf(raw);
    const request = pipeline.open(raw, response, this.application);
    keepRecord(request);
    this.open.add(request);
    if (announcesBody(raw)) closeLingeringly(raw, response);
    if (raw.headers.expect !== undefined) request.awaitsContinue = this.#waiting.delete(response);
    enterRequest(request, this.#run, pipeline, request, next);
  }

  readonly #run = (pipeline: RequestPipeline, request: RequestRecord, next: () => void): void => {
    const { raw, response } = request;
    const span = this.tracer.open({ op: raw.method ?? 'UNKNOWN', kind: 'server' }, request);
    request.span = span;
    response.once('close', () => {
      this.open.remove(request);
      request.end(span);
    });
    let pending: void | Promise<void>;
    try {
      pending = this.#decide(pipeline, request);
    } catch (error) {
      return this.#refuse(pipeline, request, error);
    }
    if (pending === undefined) return this.#enter(request, next);
    // Out of the promise: what the application throws is an exception, not a rejection, early or late.
    pending.then(
      () => queueMicrotask(() => this.#enter(request, next)),
      (error: unknown) => this.#refuse(pipeline, request, error),
    );
  };

  #decide(pipeline: RequestPipeline, request: RequestRecord): void | Promise<void> {
    const { raw, response } = request;
    if (raw.headers.upgrade !== undefined) {
      request.handshake = this.upgrades.isRefused(raw);
      // A program on the way that took it for an upgrade must not send anything behind it.
      if (request.handshake) response.setHeader('Connection', 'close');
      const refusal = this.upgrades.refusalOf(raw);
      if (refusal !== undefined) throw refusal;
    }
    if (!this.gateways.socketIo || !this.gateways.polls(raw)) return pipeline.run(request);
    try {
      pipeline.prepareOpen(raw);
    } catch (error) {
      // Nobody knows where the next request of this connection starts.
      response.setHeader('Connection', 'close');
      throw error;
    }
  }

  /** Nothing is done in the name of a client that has left meanwhile. */
  #enter(request: RequestRecord, next: () => void): void {
    const { response } = request;
    if (request.forwarded || response.destroyed) return;
    if (!this.#limitBody(request)) return;
    request.announced = true;
    request.entered = true;
    if (!response.headersSent) response.setHeader('X-Request-Id', request.txn);
    request.allowBody();
    try {
      enterCls(request, () => {
        shareWithCls(request.raw);
        next();
      });
    } catch (error) {
      // What a listener throws goes where it would go without the hook; the client has an answer first.
      this.#answerCrash(request, error);
      throw error;
    }
  }

  /** A reason that cannot even be read, such as an error whose getters throw, ends this request and not the process. */
  #refuse(pipeline: RequestPipeline, request: RequestRecord, reason: unknown): void {
    try {
      pipeline.refuse(request, reason);
    } catch (error) {
      this.#logger.error('The reason of a refusal cannot be told', error instanceof Error ? error.stack : undefined);
      this.#answerCrash(request, error);
    }
  }

  #answerCrash(request: RequestRecord, error: unknown): void {
    request.span?.fail(error);
    // The exception interrupts Node's parser, which reads nothing more from this connection.
    if (!request.response.headersSent) request.response.setHeader('Connection', 'close');
    sendRefusal(request, INTERNAL_ERROR);
  }

  /** Here, where it is known that the body stays in this process. */
  #limitBody(request: RequestRecord): boolean {
    const { maxJsonDepth } = this.options;
    if (maxJsonDepth === false || !announcesBody(request.raw)) return true;
    let allowed = true;
    const refuse = (error: unknown) => {
      allowed = false;
      this.#refuse(this.#pipelineOf(request.raw), request, error);
    };
    try {
      limitJsonDepth(request.raw, maxJsonDepth, refuse);
    } catch (error) {
      refuse(error);
    }
    return allowed;
  }

  #pipelineOf({ socket }: IncomingMessage): RequestPipeline {
    // app.inject() brings no socket, or one that is no connection.
    return this.#pipelines.get(socket) ?? this.#pipeline;
  }

  /**
   * socket.io puts its own listener in the place of the framework's, and hands on what is not below its path. Only the
   * requests of open gateway classes may find it; the framework, whose guard refuses, gets all others.
   */
  #deliver(server: Server, emit: Emit, raw: IncomingMessage, response: ServerResponse): void {
    const framework = this.gateways.socketIo ? this.#framework : undefined;
    if (framework === undefined || server.listeners('request').includes(framework) || this.gateways.polls(raw)) {
      return void emit('request', raw, response);
    }
    const request = { raw, response, announced: false };
    emitRequestEvent(request, () => Reflect.apply(framework, server, [raw, response]));
  }

  /** An upgrade that Node did not ask about. */
  #handOut(emit: Emit, [raw, socket, head]: [IncomingMessage, Duplex, Buffer]): boolean {
    const response = this.upgrades.receive(raw, socket);
    if (response !== undefined) this.handle(raw, response, () => undefined);
    else if (!emit('upgrade', raw, socket, head)) socket.destroy();
    return true;
  }

  #backUp(adapter: Adapter): void {
    const { onRequestHook: earlier } = adapter as unknown as { onRequestHook?: AdapterHook };
    const hook: AdapterHook = (request, reply, done) => {
      const raw = (request as { raw?: IncomingMessage }).raw ?? (request as IncomingMessage);
      const response = (reply as { raw?: ServerResponse }).raw ?? (reply as ServerResponse);
      this.handle(raw, response, () => {
        // Fastify has found the route by now: a body that it refuses belongs to an operation like any other.
        const route = (request as { routeOptions?: { url?: string } }).routeOptions?.url;
        const span = recordOf(raw, this.application)?.span;
        if (route !== undefined && span?.route === undefined) span?.describe({ op: `${raw.method} ${route}`, route });
        if (earlier === undefined) done();
        else void earlier.call(adapter, request, reply, done);
      });
    };
    adapter.setOnRequestHook(hook as Parameters<typeof adapter.setOnRequestHook>[0]);
  }
}

const INTERNAL_ERROR: Problem = {
  type: 'about:blank',
  title: 'Internal Server Error',
  status: 500,
  code: 'internal_error',
};
