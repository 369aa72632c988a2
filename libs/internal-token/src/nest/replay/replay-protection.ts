import { hash } from 'node:crypto';
import { type ExecutionContext, Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { InternalTokenError, type VerifiedClaims } from '../../core/index.js';
import type { HandlerPolicy } from '../policy/handler-policy.js';
import { RESOLVED_OPTIONS, type ResolvedOptions } from '../internal-token.options.js';
import { findSingleProvider } from '../find-providers.js';
import { firstUse } from './first-use.js';
import { MemoryReplayStore } from './memory-replay-store.js';
import { ReplayStore } from './replay-store.js';

type Options = Pick<ResolvedOptions, 'service' | 'leewaySeconds' | 'replay'>;

/** Accepts a token once per handler and path parameters, where that is required. */
@Injectable()
export class ReplayProtection implements OnModuleInit {
  readonly #logger = new Logger('InternalTokenReplay');
  #store: ReplayStore = new MemoryReplayStore();
  #refused = 0;
  #unknown = 0;

  constructor(
    private readonly modules: ModulesContainer,
    @Inject(RESOLVED_OPTIONS) private readonly options: Options,
  ) {}

  onModuleInit(): void {
    this.#store = findSingleProvider(this.modules, ReplayStore) ?? this.#store;
  }

  /** Number of requests that were refused because their token had already been used. */
  get refused(): number {
    return this.#refused;
  }

  /** Number of requests for which the store gave no answer. */
  get unknown(): number {
    return this.#unknown;
  }

  /**
   * Returns a promise only if the store is asynchronous.
   * @throws InternalTokenError (or rejects with it) `txn_replayed`, `txn_replay_unknown`
   */
  check(claims: VerifiedClaims, policy: HandlerPolicy, execution: ExecutionContext): void | Promise<void> {
    const { handlers, timeoutMs } = this.options.replay;
    if (handlers === 'marked' && !policy.singleUse) return;
    const ttlMs = (claims.expiresAt + this.options.leewaySeconds) * 1000 - Date.now();
    let first: boolean | Promise<boolean>;
    try {
      first = firstUse(this.#store, this.#keyOf(claims, execution), ttlMs, timeoutMs);
    } catch (error) {
      return this.#decide(this.#whenUnknown(error));
    }
    if (typeof first === 'boolean') return this.#decide(first);
    return first.catch((error: unknown) => this.#whenUnknown(error)).then((known) => this.#decide(known));
  }

  /**
   * Built from what the router made of the request and not from its URL, so that another spelling or method that leads
   * to the same handler is the same use. Hashed, so that the store learns no ids; JSON keeps different addresses apart.
   */
  #keyOf(claims: VerifiedClaims, execution: ExecutionContext): string {
    const { params } = execution.switchToHttp().getRequest<{ params?: Record<string, string> }>();
    const parameters = Object.entries(params ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    const handler = `${execution.getClass().name}.${execution.getHandler().name}`;
    const address = JSON.stringify([this.options.service, claims.tokenId, handler, parameters]);
    return hash('sha256', address, 'base64url');
  }

  #decide(first: boolean): void {
    if (first) return;
    this.#refused += 1;
    throw new InternalTokenError('txn_replayed');
  }

  #whenUnknown(error: unknown): true {
    this.#unknown += 1;
    const { onFailure } = this.options.replay;
    const reason = error instanceof Error ? error.message : String(error);
    this.#logger.error(
      `The replay store did not answer (${reason}): the request is ${onFailure === 'accept' ? 'accepted' : 'refused'}`,
    );
    if (onFailure === 'accept') return true;
    throw new InternalTokenError('txn_replay_unknown');
  }
}
