import { AsyncResource } from 'node:async_hooks';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { InternalTokenError, newSpanId } from '../../core/index.js';
import {
  type CallerCredentials,
  currentStore,
  tracingBridge,
  RESOLVED_OPTIONS,
  type ResolvedOptions,
} from '../../nest/index.js';
import { RESOLVED_EDGE_OPTIONS, type ResolvedEdgeOptions } from '../edge.options.js';
import type { EdgeRequest } from '../authorize/edge-policy.js';
import { Forwarder } from './forwarder.js';
import { ProxiedRequest } from './proxied-request.js';
import { requestFields } from './request-fields.js';
import { ResponseFields } from './response-fields.js';
import { Upstream } from './upstream.js';

const TIMEOUT_MS = 30_000;

/** Forwards over persistent HTTP/1.1 connections, streaming both ways at the pace of the slower side. */
@Injectable()
export class HttpForwarder extends Forwarder {
  readonly #logger = new Logger('Forwarder');
  readonly #upstreams = new Map<string, Upstream>();
  /** Runs the transfer outside any request's context, since connections outlive requests. */
  readonly #outside = new AsyncResource('HttpForwarder');
  #credentials: CallerCredentials | undefined;
  readonly #name: string;
  readonly #responseFields: ResponseFields;

  constructor(
    @Inject(RESOLVED_EDGE_OPTIONS) private readonly settings: Pick<ResolvedEdgeOptions, 'upstreams' | 'fieldRules'>,
    @Inject(RESOLVED_OPTIONS) { service }: Pick<ResolvedOptions, 'service'>,
  ) {
    super();
    this.#name = service.replace(/[^A-Za-z0-9!#$%&'*+\-.^_`|~]/g, '-');
    this.#responseFields = new ResponseFields(this.#name, new Set(settings.upstreams.origins.values()));
  }

  /**
   * @param lifetimeSeconds of the internal token
   * @param credentials identify this gateway to services
   */
  open(lifetimeSeconds: number, credentials?: CallerCredentials): void {
    this.#credentials = credentials;
    const { origins, timeoutMs } = this.settings.upstreams;
    if (timeoutMs !== undefined && timeoutMs >= lifetimeSeconds * 1000) {
      this.#logger.warn(
        `upstreamTimeoutMs is ${timeoutMs}, but the internal token lives for ${lifetimeSeconds} s: a service that ` +
          'takes that long can make no more calls with it. Set it below the lifetime.',
      );
    }
    const effective = timeoutMs ?? Math.min(TIMEOUT_MS, lifetimeSeconds * 500);
    for (const [domain, origin] of origins) {
      this.#upstreams.set(domain, new Upstream(domain, origin, effective, this.settings.upstreams));
    }
  }

  /** Closes all connections to all upstreams. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#upstreams.values(), (upstream) => upstream.close()));
  }

  override forward(request: EdgeRequest, token: () => string | Promise<string>): Promise<void> {
    const upstream = this.#upstreams.get(request.route.domain);
    if (upstream === undefined) {
      throw new InternalTokenError('upstream_unreachable', `No upstream is configured for ${request.route.domain}.`);
    }
    const signed = token();
    return typeof signed === 'string'
      ? this.#send(request, upstream, signed)
      : signed.then((late) => this.#send(request, upstream, late));
  }

  #send(request: EdgeRequest, upstream: Upstream, token: string): Promise<void> {
    // The service's span is a child of the request's span, so the tree is the same as in one process.
    const { span, claims } = currentStore() ?? {};
    const credentials = this.#credentials;
    span?.describe({ peer: upstream.domain, propagated: true });
    const fields = requestFields(request.raw, {
      token,
      traceparent: `00-${request.txn}-${span?.spanId ?? newSpanId()}-03`,
      clientAddress: request.clientAddress,
      name: this.#name,
      rules: this.settings.fieldRules,
    });
    const hold = tracingBridge()?.hold(request.txn);
    return new Promise((resolve, reject) => {
      this.#outside.runInAsyncScope(() => {
        const exchange = new ProxiedRequest(
          request,
          upstream,
          fields,
          this.#responseFields,
          claims?.expiresAt ?? Infinity,
          credentials &&
            ((path) =>
              credentials.fieldsFor({
                origin: upstream.origin,
                path,
                token,
                authorization: request.raw.headers.authorization,
              })),
          (error) => (error === undefined ? resolve() : reject(error)),
          hold,
        );
        exchange.start();
      });
    });
  }
}
