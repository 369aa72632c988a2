import { Injectable } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Application, type RequestRecord, RequestPipeline, ServicePipeline, Tracer } from '../nest/index.js';
import { enterDomain } from './dispatch/enter-domain.js';
import { assertPlainBody } from './normalize/assert-plain-body.js';
import { checkHead } from './normalize/check-head.js';
import { GatewayRoutes } from './route/gateway-routes.js';

/**
 * What a gateway does with each request of its internal listener: as in a service, the token that came is verified.
 * Nothing is removed and nothing is minted.
 */
@Injectable()
export class InternalPipeline extends RequestPipeline {
  constructor(
    private readonly routes: GatewayRoutes,
    private readonly service: ServicePipeline,
    private readonly tracer: Tracer,
  ) {
    super();
  }

  override open(raw: IncomingMessage, response: ServerResponse, application: Application): RequestRecord {
    return this.service.open(raw, response, application);
  }

  override run(request: RequestRecord): void | Promise<void> {
    checkHead(request);
    assertPlainBody(request);
    const pending = this.service.run(request);
    return pending === undefined ? this.#enterDomain(request) : pending.then(() => this.#enterDomain(request));
  }

  override refuse(request: RequestRecord, reason: unknown): void {
    this.service.refuse(request, reason);
  }

  #enterDomain(request: RequestRecord): void {
    const route = request.response.destroyed ? undefined : this.routes.find(request.raw);
    if (route !== undefined) enterDomain(request, route, this.tracer);
  }
}
