import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Application, type InternalTokenStore, Tracer } from '../../nest/index.js';
import { type InternalTokenHttpOptions, MODULE_OPTIONS_TOKEN, resolvePeers } from './outgoing.options.js';
import { type OutgoingDecision, OutgoingPolicy, type OutgoingTarget } from './outgoing.policy.js';
import { enroll } from './outgoing.channels.js';

/** What one application does with the calls of its requests, and how often. */
@Injectable()
export class OutgoingPropagation implements OnModuleInit, OnModuleDestroy {
  private readonly policy: OutgoingPolicy;
  private withdraw: (() => void) | undefined;
  private readonly counts = { attached: 0, refused: 0, expired: 0 };

  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) options: InternalTokenHttpOptions,
    readonly application: Application,
    readonly tracer: Tracer,
  ) {
    this.policy = new OutgoingPolicy(resolvePeers(options));
  }

  /** Calls that went out with the token. */
  get attached(): number {
    return this.counts.attached;
  }

  /** Calls to internal origins that were not made, for whatever reason. */
  get refused(): number {
    return this.counts.refused;
  }

  /** Those of the refused whose token had expired. */
  get expired(): number {
    return this.counts.expired;
  }

  onModuleInit(): void {
    this.withdraw ??= enroll(this);
  }

  onModuleDestroy(): void {
    this.withdraw?.();
    this.withdraw = undefined;
  }

  concerns(target: OutgoingTarget): boolean {
    return this.policy.concerns(target);
  }

  decide(target: OutgoingTarget, store: InternalTokenStore | undefined): OutgoingDecision {
    const decision = this.policy.decide(target, store);
    if (decision.action === 'attach') this.counts.attached++;
    if (decision.action === 'refuse') {
      this.counts.refused++;
      if (decision.error.code === 'txn_expired') this.counts.expired++;
    }
    return decision;
  }
}
