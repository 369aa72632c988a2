import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { InternalTokenError } from '../../core/index.js';
import {
  Application,
  CallerCredentials,
  type InternalTokenStore,
  findSingleProvider,
  Tracer,
} from '../../nest/index.js';
import { probeNodeClient } from './probe-node-client.js';
import { type InternalTokenHttpOptions, MODULE_OPTIONS_TOKEN, resolvePeers } from './internal-token-http.options.js';
import { type OutgoingDecision, OutgoingPolicy, type OutgoingTarget } from './outgoing-policy.js';
import { watchOutgoingCalls } from './watch-outgoing-calls.js';

/** Decides on and counts the outgoing calls of one application. */
@Injectable()
export class OutgoingPropagation implements OnModuleInit, OnApplicationShutdown {
  readonly #policy: OutgoingPolicy;
  #credentials: CallerCredentials | undefined;
  #withdraw: (() => void) | undefined;
  readonly #counts = { attached: 0, refused: 0, expired: 0 };

  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) options: InternalTokenHttpOptions,
    readonly application: Application,
    readonly tracer: Tracer,
    private readonly modules: ModulesContainer,
  ) {
    this.#policy = new OutgoingPolicy(resolvePeers(options));
  }

  /** Calls that were sent with the token. */
  get attached(): number {
    return this.#counts.attached;
  }

  /** Calls to internal origins that were refused, for any reason. */
  get refused(): number {
    return this.#counts.refused;
  }

  /** Calls that were refused because the token had expired. */
  get expired(): number {
    return this.#counts.expired;
  }

  /** @throws InternalTokenError `configuration_invalid` if Node's client does not behave as this library relies on */
  async onModuleInit(): Promise<void> {
    this.#credentials = findSingleProvider(this.modules, CallerCredentials);
    this.#withdraw ??= watchOutgoingCalls(this);
    try {
      await probeNodeClient();
    } catch (error) {
      this.onApplicationShutdown();
      throw error;
    }
  }

  /** Not earlier: requests that are still running make calls that need their token. */
  onApplicationShutdown(): void {
    this.#withdraw?.();
    this.#withdraw = undefined;
  }

  concerns(target: OutgoingTarget): boolean {
    return this.#policy.concerns(target);
  }

  decide(target: OutgoingTarget, store: InternalTokenStore | undefined): OutgoingDecision {
    return this.#prove(this.#policy.decide(target, store), target);
  }

  /** @param refusal undefined for a call that is sent */
  count(refusal?: InternalTokenError): void {
    if (refusal === undefined) this.#counts.attached++;
    else this.#counts.refused++;
    if (refusal?.code === 'txn_expired') this.#counts.expired++;
  }

  #prove(decision: OutgoingDecision, { origin, path }: OutgoingTarget): OutgoingDecision {
    if (decision.action !== 'attach' || this.#credentials === undefined || origin === undefined) return decision;
    try {
      return { ...decision, proof: this.#credentials.fieldsFor({ origin, path, token: decision.token }) };
    } catch (error) {
      if (error instanceof InternalTokenError) return { action: 'refuse', error };
      throw error;
    }
  }
}
