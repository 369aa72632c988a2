import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { challengeFor, InternalTokenError, InternalTokenVerifier, toProblem } from '../core/index.js';
import { admit } from './admission/admit.js';
import { identifyCaller } from './admission/identify-caller.js';
import { readToken } from './admission/read-token.js';
import { RequestPipeline, runSteps, type Step } from './admission/request-pipeline.js';
import { RequestRecord } from './context/request-record.js';
import { sendRefusal } from './admission/send-refusal.js';
import { verify } from './admission/verify.js';
import { ValidationRecorder } from './audit/validation-recorder.js';
import { ValidationSink } from './audit/validation-sink.js';
import { CallerAuthentication } from './caller/caller-authentication.js';
import { CallerAuthenticator } from './caller/caller-authenticator.js';
import type { Application } from './context/application.js';
import { findSingleProvider } from './find-providers.js';
import { RESOLVED_OPTIONS, type ResolvedOptions } from './internal-token.options.js';
import { ApplicationRoutes } from './routes/application-routes.js';
import { TokenExemptions } from './routes/token-exemptions.js';

/** What a service does with each request: nothing of the application runs before the internal token is verified. */
@Injectable()
export class ServicePipeline extends RequestPipeline implements OnModuleInit {
  readonly #logger = new Logger('InternalTokenRefusal');
  #steps: readonly Step<RequestRecord>[] = [refuseAll];
  #foreignTraces = 0;

  constructor(
    private readonly modules: ModulesContainer,
    private readonly verifier: InternalTokenVerifier,
    private readonly recorder: ValidationRecorder,
    private readonly callers: CallerAuthentication,
    private readonly exemptions: TokenExemptions,
    private readonly routes: ApplicationRoutes,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedOptions, 'trustDomain'>,
  ) {
    super();
  }

  /** Puts the steps in their order, without those that have nothing to do in this application. */
  onModuleInit(): void {
    const { modules, verifier, callers, exemptions } = this;
    const recorder = findSingleProvider(modules, ValidationSink) && this.recorder;
    const asksCallers = findSingleProvider(modules, CallerAuthenticator) !== undefined;
    this.#steps = [
      readToken,
      verify(verifier, recorder, () => void this.#foreignTraces++),
      ...(asksCallers ? [identifyCaller(callers)] : []),
      admit(exemptions, callers),
    ];
  }

  /** `traceparent` fields that named another trace than the verified token, and were ignored. */
  get ignoredTraceparents(): number {
    return this.#foreignTraces;
  }

  override open(raw: IncomingMessage, response: ServerResponse, application: Application): RequestRecord {
    return new RequestRecord(raw, response, application);
  }

  override run(request: RequestRecord): void | Promise<void> {
    const pending = runSteps(this.#steps, request);
    // Until a key is fetched nobody knows whose trace this is.
    if (pending !== undefined) request.span?.joinsWith(pending);
    return pending;
  }

  override refuse(request: RequestRecord, reason: unknown): void {
    const known = reason instanceof InternalTokenError;
    const error = known ? reason : new InternalTokenError('txn_no_context');
    if (!known) {
      const text = reason instanceof Error ? reason.stack : String(reason);
      this.#logger.error('Admission failed; the request is refused', text);
      // Nobody knows how much of the request was read: none follows on this connection.
      if (!request.response.headersSent) request.response.setHeader('Connection', 'close');
    } else if (request.handshake) this.#logger.warn(`refused: ${error.message}`);
    this.#nameSpan(request);
    request.span?.fail(reason);
    sendRefusal(request, toProblem(error), challengeFor(error, this.options.trustDomain));
  }

  /** The guard names the span of a request that is let in. */
  #nameSpan({ raw, span }: RequestRecord): void {
    const route = span === undefined || span.route !== undefined ? undefined : this.routes.servedBy(raw);
    if (route !== undefined) span?.describe({ op: `${route.method} ${route.path}`, route: route.path });
  }
}

/** Nothing is let in before the application is initialized. */
function refuseAll(): never {
  throw new InternalTokenError('txn_keys_not_ready');
}
