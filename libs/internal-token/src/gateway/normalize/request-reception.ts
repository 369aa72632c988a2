import { Inject, Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { InternalTokenError } from '../../core/index.js';
import type { AdmissionRequest, RouteDefinition } from '../../nest/index.js';
import { callerTraceId } from './caller-trace-id.js';
import { clientAddress, peerAddress } from './client-address.js';
import { RESOLVED_EDGE_OPTIONS, type ResolvedEdgeOptions } from '../edge.options.js';
import { HeaderHygiene, removeField, replaceField, sealHeaders } from './header-hygiene.js';
import { effectiveHost } from '../route/effective-host.js';
import { GatewayRoutes } from '../route/gateway-routes.js';
import { askedProtocol, checkHead } from './request-framing.js';
import { readTarget } from './request-target.js';

/** What is known about a public request before its caller is authenticated. */
export interface Arrival {
  readonly request: AdmissionRequest;
  readonly route: RouteDefinition;
  readonly clientAddress: string;
  /** The protocol that the request wants to upgrade to; the field itself has been removed. */
  readonly protocol: string | undefined;
}

/** Receives a public request: checks its framing, removes headers that clients must not set, and finds its route. */
@Injectable()
export class RequestReception {
  readonly #hygiene: HeaderHygiene;

  constructor(
    @Inject(RESOLVED_EDGE_OPTIONS) private readonly settings: ResolvedEdgeOptions,
    private readonly routes: GatewayRoutes,
  ) {
    this.#hygiene = new HeaderHygiene(settings.fieldRules);
  }

  /**
   * @returns undefined for a CORS preflight or an open path, which the framework answers without knowing the caller
   * @throws InternalTokenError `invalid_request`, `misdirected_request`, `route_not_found`
   */
  receive(request: AdmissionRequest): Arrival | undefined {
    const { raw, store } = request;
    const { proxies } = this.settings;
    const peer = peerAddress(raw);
    const client = clientAddress(raw, peer, proxies);
    const protocol = askedProtocol(raw);
    this.#linkCaller(request, client);
    this.#hygiene.clean(raw, proxies.has(peer));
    checkHead(request);

    const target = readTarget(raw.url ?? '');
    raw.url = target.url;
    if (target.authority !== undefined) replaceField(raw, 'host', target.authority);
    this.#assertHost(raw);
    if (target.internal) throw new InternalTokenError('route_not_found');

    const method = raw.method ?? '';
    if (method === 'OPTIONS' && isPreflight(request) && this.routes.allowed(raw).length > 0) {
      removeField(raw, 'authorization');
      sealHeaders(raw);
      return undefined;
    }
    const route = this.routes.find(raw);
    if (route === undefined && this.routes.isOpen(raw)) {
      removeField(raw, 'authorization');
      removeField(raw, 'cookie');
      sealHeaders(raw);
      return undefined;
    }
    if (route === undefined || route.access === 'none') throw this.#unmatched(request);
    store.span?.describe({ op: `${method} ${route.path}`, route: route.path });
    // Policies that run before authentication read the headers too.
    sealHeaders(raw);
    return { request, route, clientAddress: client, protocol };
  }

  /**
   * The same for a request to an open gateway class, which has a path but no route. Its `Upgrade` field is kept.
   * @throws InternalTokenError `invalid_request`, `misdirected_request`
   */
  receiveOpen(raw: IncomingMessage): void {
    const { upgrade } = raw.headers;
    this.#hygiene.clean(raw, this.settings.proxies.has(peerAddress(raw)));
    if (upgrade !== undefined) raw.headers.upgrade = upgrade;
    sealHeaders(raw);
    checkHead({ raw });
    this.#assertHost(raw);
  }

  #assertHost(raw: IncomingMessage): void {
    if (this.settings.publicHosts?.has(effectiveHost(raw)) === false) {
      throw new InternalTokenError('misdirected_request');
    }
  }

  /** The request starts its own trace; that of a trusted caller is only recorded as a link. */
  #linkCaller({ raw, store }: AdmissionRequest, client: string): void {
    if (!this.settings.callers.has(client)) return;
    const link = callerTraceId(raw.headers['traceparent']);
    if (link !== undefined) store.span?.describe({ callerTraceId: link });
  }

  #unmatched({ raw, response }: AdmissionRequest): InternalTokenError {
    const allowed = this.routes.allowed(raw);
    if (allowed.length === 0) return new InternalTokenError('route_not_found');
    response.setHeader('Allow', allowed.join(', '));
    return new InternalTokenError('route_not_found', `This path answers ${allowed.join(', ')}.`, { status: 405 });
  }
}

function isPreflight({ raw }: AdmissionRequest): boolean {
  return raw.headers.origin !== undefined && raw.headers['access-control-request-method'] !== undefined;
}
