import { AsyncResource } from 'node:async_hooks';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { InternalTokenError, newSpanId, withoutPropagation } from '../../core/index.js';
import { type CallerCredentials, tracingBridge, RESOLVED_OPTIONS, type ResolvedOptions } from '../../nest/index.js';
import { RESOLVED_EDGE_OPTIONS, type ResolvedEdgeOptions } from '../edge.options.js';
import { GatewayRefusals } from '../gateway-refusals.js';
import type { GatewayRequest } from '../gateway-request.js';
import { type Answering, ProxiedRequest } from './proxied-request.js';
import { requestFields } from './request-fields.js';
import { ResponseFields } from './response-fields.js';
import { Upstream } from './upstream.js';

const TIMEOUT_MS = 30_000;

type Options = Pick<ResolvedEdgeOptions, 'forwarding' | 'fieldRules' | 'forwardAuthorization' | 'forwardCookies'>;

/** Forwards over persistent HTTP/1.1 connections, streaming both ways at the pace of the slower side. */
@Injectable()
export class HttpForwarder implements Answering {
  readonly #logger = new Logger('Forwarder');
  readonly #upstreams = new Map<string, Upstream>();
  /** Runs the transfer outside any request's context, since connections outlive requests, and leaves its token alone. */
  readonly #outside = withoutPropagation(() => new AsyncResource('HttpForwarder'));
  #credentials: CallerCredentials | undefined;
  readonly #name: string;
  readonly responseFields: ResponseFields;

  constructor(
    @Inject(RESOLVED_EDGE_OPTIONS) private readonly settings: Options,
    @Inject(RESOLVED_OPTIONS) { service }: Pick<ResolvedOptions, 'service'>,
    private readonly refusals: GatewayRefusals,
  ) {
    this.#name = service.replace(/[^A-Za-z0-9!#$%&'*+\-.^_`|~]/g, '-');
    const origins = Object.values(settings.forwarding.upstreams).map(({ origin }) => origin);
    this.responseFields = new ResponseFields(this.#name, new Set(origins));
  }

  /**
   * @param lifetimeSeconds of the internal token
   * @param credentials identify this gateway to services
   */
  open(lifetimeSeconds: number, credentials?: CallerCredentials): void {
    this.#credentials = credentials;
    const { upstreams, maxBodyBytes } = this.settings.forwarding;
    for (const [domain, { timeoutMs, ...settings }] of Object.entries(upstreams)) {
      if (timeoutMs !== undefined && timeoutMs >= lifetimeSeconds * 1000) {
        this.#logger.warn(
          `"forwarding.upstreams.${domain}.timeoutMs" is ${timeoutMs}, but the internal token lives for ` +
            `${lifetimeSeconds} s: a service that takes that long can make no more calls with it. Set it below the lifetime.`,
        );
      }
      const effective = timeoutMs ?? Math.min(TIMEOUT_MS, lifetimeSeconds * 500);
      this.#upstreams.set(domain, new Upstream(domain, effective, maxBodyBytes, settings));
    }
  }

  /** Closes all connections to all upstreams. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#upstreams.values(), (upstream) => upstream.close()));
  }

  /** Failures are answered when they happen; a promise only while the token is being signed. */
  forward(request: GatewayRequest, token: string | Promise<string>): void | Promise<void> {
    const upstream = this.#upstreams.get(request.route.domain);
    if (upstream === undefined) {
      throw new InternalTokenError('upstream_unreachable', `No upstream is configured for ${request.route.domain}.`);
    }
    return typeof token === 'string'
      ? this.#send(request, upstream, token)
      : token.then((signed) => this.#send(request, upstream, signed));
  }

  #send(request: GatewayRequest, upstream: Upstream, token: string): void {
    const { raw, span, txn } = request;
    // The service's span is a child of the request's span, so the tree is the same as in one process.
    span?.describe({ peer: upstream.domain, propagated: true });
    const fields = requestFields(raw, {
      token,
      traceparent: `00-${txn}-${span?.spanId ?? newSpanId()}-03`,
      clientAddress: request.clientAddress,
      name: this.#name,
      rules: this.settings.fieldRules,
      visible: this.settings,
    });
    const proof = this.#proofOf(request, upstream, token);
    const proxied = new ProxiedRequest(request, upstream, fields, this, proof, tracingBridge()?.hold(txn));
    this.#outside.runInAsyncScope(() => proxied.start());
  }

  refuse(request: GatewayRequest, error: InternalTokenError): void {
    this.refusals.answer(request, error);
  }

  /** The fields that identify this gateway, created for each attempt. */
  #proofOf({ raw }: GatewayRequest, { origin }: Upstream, token: string) {
    const credentials = this.#credentials;
    if (credentials === undefined) return undefined;
    const authorization = this.settings.forwardAuthorization ? raw.headers.authorization : undefined;
    return (path: string) => credentials.fieldsFor({ origin, path, token, authorization });
  }
}
