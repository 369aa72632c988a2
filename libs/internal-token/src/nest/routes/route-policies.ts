import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { InternalTokenError } from '../../core/index.js';
import { CallerAuthentication, nobodyAsks } from '../caller/caller-authentication.js';
import { RESOLVED_OPTIONS, type ResolvedOptions } from '../internal-token.options.js';
import { ApplicationRoutes, type RegisteredRoute } from './application-routes.js';

/** Reads the policy of every handler at the start. Contradicting and missing policies stop the start. */
@Injectable()
export class RoutePolicies implements OnModuleInit, OnApplicationBootstrap {
  #routes: readonly RegisteredRoute[] = [];

  constructor(
    private readonly routes: ApplicationRoutes,
    private readonly callers: CallerAuthentication,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedOptions, 'requireScopePolicy'>,
  ) {}

  /** @throws InternalTokenError `configuration_invalid`, naming each handler and the fix */
  onModuleInit(): void {
    this.#routes = this.routes.registered();
    if (!this.options.requireScopePolicy) return;
    const undecided = this.#routes.filter(({ policy }) => policy.access !== 'none' && policy.scopes === undefined);
    if (undecided.length === 0) return;
    throw new InternalTokenError(
      'configuration_invalid',
      `No scope policy: ${undecided.map(({ handler, method, path }) => `${handler} (${method} ${path})`).join(', ')}. ` +
        'Add @RequireScope("…") to each, or @AnyScope() if it serves every purpose.',
    );
  }

  /** Runs after all modules are initialized, when it is known whether a `CallerAuthenticator` is provided. */
  onApplicationBootstrap(): void {
    const named = new Set(
      this.#routes.filter(({ policy }) => policy.callers !== undefined).map(({ handler }) => handler),
    );
    if (named.size > 0 && !this.callers.enabled) throw nobodyAsks(`@RequireCaller() on ${[...named].join(', ')}`);
  }
}
