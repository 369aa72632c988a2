import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { InternalTokenError } from '../core/index.js';
import {
  type Application,
  CallerCredentials,
  enterCls,
  findProviders,
  findSingleProvider,
  RequestHook,
  RequestPipeline,
  runSteps,
  type Step,
  Tracer,
} from '../nest/index.js';
import { AccessTokenAuthenticator } from './authenticate/index.js';
import { authenticate } from './authenticate/authenticate.js';
import { refuseHandshake } from './authenticate/refuse-handshake.js';
import { authorize } from './authorize/authorize.js';
import { EdgePolicies } from './authorize/edge-policies.js';
import { EdgePolicy } from './authorize/edge-policy.js';
import { enrich } from './authorize/enrich.js';
import { PermissionEnricher } from './authorize/enrichment.js';
import { runEarlyPolicies, runPolicies } from './authorize/run-policies.js';
import { dispatch } from './dispatch/dispatch.js';
import { Forwarder } from './dispatch/forwarder.js';
import { HttpForwarder } from './dispatch/http-forwarder.js';
import { RESOLVED_EDGE_OPTIONS, type ResolvedEdgeOptions } from './edge.options.js';
import { GatewayRefusals } from './gateway-refusals.js';
import { GatewayRequest } from './gateway-request.js';
import { InternalTokenIssuer } from './mint/internal-token-issuer.js';
import { IssuanceRecorder } from './mint/issuance-recorder.js';
import { IssuanceSink } from './mint/issuance-sink.js';
import { mint } from './mint/mint.js';
import { normalize, normalizeOpen } from './normalize/normalize.js';
import { GatewayRoutes } from './route/gateway-routes.js';
import { matchRoute } from './route/match-route.js';

/** What a gateway does with each public request: it ends with one internal token, or with a refusal. */
@Injectable()
export class GatewayPipeline extends RequestPipeline<GatewayRequest> implements OnModuleInit {
  /** Nothing is let in before the application is initialized. */
  #steps: readonly Step<GatewayRequest>[] = [refuseAll];
  /** Code of the application takes part, and may ask nestjs-cls. */
  #extended = false;

  constructor(
    @Inject(RESOLVED_EDGE_OPTIONS) private readonly options: ResolvedEdgeOptions,
    private readonly modules: ModulesContainer,
    private readonly authenticator: AccessTokenAuthenticator,
    private readonly routes: GatewayRoutes,
    private readonly http: HttpForwarder,
    private readonly refusals: GatewayRefusals,
    private readonly tracer: Tracer,
    private readonly hook: RequestHook,
  ) {
    super();
  }

  /** Finds the application's own parts by their base classes, in whatever module, and puts the steps in their order. */
  onModuleInit(): void {
    const { options, modules, http, tracer } = this;
    const issuer = findSingleProvider(modules, InternalTokenIssuer);
    if (issuer === undefined) throw notIssuing();
    const policies = new EdgePolicies(findProviders(modules, EdgePolicy));
    const enricher = findSingleProvider(modules, PermissionEnricher);
    const custom = findSingleProvider(modules, Forwarder);
    const sink = findSingleProvider(modules, IssuanceSink);
    const isForwarded = (domain: string) => Object.hasOwn(options.forwarding.upstreams, domain);

    this.#steps = [
      normalize(options),
      matchRoute(this.routes),
      ...(policies.early ? [runEarlyPolicies(policies)] : []),
      authenticate(this.authenticator),
      authorize({ isForwarded, enriched: enricher !== undefined }),
      ...(policies.late ? [runPolicies(policies, options)] : []),
      ...(enricher === undefined ? [] : [enrich(enricher, options.enrichmentTimeoutMs)]),
      mint(issuer, sink && new IssuanceRecorder(sink), options),
      dispatch({ isForwarded, http, custom, visible: options, tracer }),
    ];
    this.#extended = policies.early || policies.late || [enricher, custom, sink].some(Boolean);
    http.open(issuer.lifetimeSeconds, findSingleProvider(modules, CallerCredentials));
    this.hook.usePipeline(this);
  }

  override open(raw: IncomingMessage, response: ServerResponse, application: Application): GatewayRequest {
    return new GatewayRequest(raw, response, application);
  }

  override run(request: GatewayRequest): void | Promise<void> {
    if (request.handshake) return refuseHandshake(request);
    return this.#extended ? enterCls(request, () => runSteps(this.#steps, request)) : runSteps(this.#steps, request);
  }

  override refuse(request: GatewayRequest, reason: unknown): void {
    this.refusals.answer(request, reason);
  }

  override prepareOpen(raw: IncomingMessage): void {
    normalizeOpen(raw, this.options);
  }
}

function notIssuing(): InternalTokenError {
  return new InternalTokenError(
    'configuration_invalid',
    'EdgeModule mints internal tokens: import InternalTokenIssuingModule.forIssuing({ … }) as well.',
  );
}

function refuseAll(): never {
  throw new InternalTokenError('txn_keys_not_ready');
}
