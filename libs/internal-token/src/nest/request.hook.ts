import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { InternalTokenError, newTransactionId, PROBLEM_CONTENT_TYPE, toProblem } from '../core/index.js';
import { enterStore, type InternalTokenStore } from './internal-token.store.js';
import { RequestAdmission } from './request.admission.js';
import { Tracer } from './tracer.js';

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
  private readonly logger = new Logger(RequestHook.name);
  private readonly stores = new WeakMap<IncomingMessage, InternalTokenStore>();
  private replacement: RequestAdmission | undefined;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly tracer: Tracer,
    private readonly admission: RequestAdmission,
  ) {}

  /**
   * Puts another admission in the place of `TokenAdmission`; call it before the application listens.
   * @throws InternalTokenError `configuration_invalid` at a second call: two cannot both decide
   */
  useAdmission(admission: RequestAdmission): void {
    if (this.replacement !== undefined) {
      throw new InternalTokenError('configuration_invalid', 'RequestHook.useAdmission() was called before.');
    }
    this.replacement = admission;
  }

  /** The context that was made for a request; undefined if it never came through here. */
  storeOf(raw: IncomingMessage): InternalTokenStore | undefined {
    return this.stores.get(raw);
  }

  onModuleInit(): void {
    const adapter = this.host.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
    const server = adapter?.getHttpServer() as Server | undefined;
    if (typeof server?.emit === 'function') this.attach(server);
    if (adapter !== undefined) this.backUp(adapter);
  }

  /** Takes the `request` event of a server, so that no listener, early or late, sees a request before this hook. */
  attach(server: Server): void {
    const emit = server.emit.bind(server) as (event: string | symbol, ...args: unknown[]) => boolean;
    const intercepted = (event: string | symbol, ...args: unknown[]): boolean => {
      if (event !== 'request') return emit(event, ...args);
      const [raw, response] = args as [IncomingMessage, ServerResponse];
      this.handle(raw, response, () => void emit(event, raw, response));
      return true;
    };
    server.emit = intercepted as Server['emit'];
  }

  /** Admits a request that was not admitted yet and then calls `next` in its context, or does not call it. */
  handle(raw: IncomingMessage, response: ServerResponse, next: () => void): void {
    if (this.stores.has(raw)) return next();
    const store: InternalTokenStore = { txn: newTransactionId() };
    this.stores.set(raw, store);
    enterStore(store, () => {
      this.openServerSpan(raw, response, store);
      let admitted: boolean | Promise<boolean>;
      try {
        admitted = (this.replacement ?? this.admission).admit({ raw, response, store });
      } catch (error) {
        return this.fail(response, store, error);
      }
      if (admitted === true) next();
      else if (admitted !== false) {
        admitted.then((goOn) => goOn && next()).catch((error: unknown) => this.fail(response, store, error));
      }
    });
  }

  private openServerSpan(raw: IncomingMessage, response: ServerResponse, store: InternalTokenStore): void {
    const span = this.tracer.open({ op: raw.method ?? 'UNKNOWN', kind: 'server' }, store.txn);
    store.span = span;
    response.once('close', () => {
      if (!response.writableFinished) span.fail(new Error('The connection closed before the answer was complete'));
      span.end(response.statusCode);
    });
  }

  private backUp(adapter: HttpAdapterHost['httpAdapter']): void {
    const { onRequestHook: earlier } = adapter as unknown as { onRequestHook?: AdapterHook };
    const hook: AdapterHook = (request, reply, done) => {
      const raw = (request as { raw?: IncomingMessage }).raw ?? (request as IncomingMessage);
      const response = (reply as { raw?: ServerResponse }).raw ?? (reply as ServerResponse);
      this.handle(raw, response, () => {
        if (earlier === undefined) done();
        else return earlier.call(adapter, request, reply, done);
      });
    };
    adapter.setOnRequestHook(hook as Parameters<typeof adapter.setOnRequestHook>[0]);
  }

  private fail(response: ServerResponse, store: InternalTokenStore, error: unknown): void {
    this.logger.error('Admission failed; the request is refused', error instanceof Error ? error.stack : String(error));
    store.span?.fail(error);
    if (response.headersSent) return void response.destroy();
    const problem = toProblem(
      error instanceof InternalTokenError ? error : new InternalTokenError('txn_no_context'),
      store.txn,
    );
    response.writeHead(problem.status, { 'Content-Type': PROBLEM_CONTENT_TYPE, 'Cache-Control': 'no-store' });
    response.end(JSON.stringify(problem));
  }
}
