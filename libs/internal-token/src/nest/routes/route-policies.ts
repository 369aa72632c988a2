import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { InternalTokenError } from '../../core/index.js';
import { controllersOf } from './controllers-of.js';
import type { HandlerPolicy } from '../policy/handler-policy.js';
import { CallerAuthentication, nobodyAsks } from '../caller/caller-authentication.js';
import { RESOLVED_OPTIONS, type ResolvedOptions } from '../internal-token.options.js';
import { handlersOf, reflectRoutes, type RouteDefinition } from './reflect-routes.js';
import { UnverifiedRequests } from '../policy/unverified-requests.js';

/** Knows every handler's policy once the application starts; contradictions and missing policies stop it. */
@Injectable()
export class RoutePolicies implements OnModuleInit, OnApplicationBootstrap {
  readonly #logger = new Logger('InternalTokenRoutes');
  #named: readonly string[] = [];
  #tokenFreeMethods: ReadonlySet<string> = new Set(['ALL']);
  /** By method, the policies of handlers that may let unverified requests pass. */
  #lenient: readonly { readonly method: string; readonly policy: HandlerPolicy }[] = [];

  constructor(
    private readonly modules: ModulesContainer,
    private readonly unverified: UnverifiedRequests,
    private readonly callers: CallerAuthentication,
    @Inject(RESOLVED_OPTIONS)
    private readonly options: Pick<ResolvedOptions, 'requireScopePolicy' | 'mode' | 'allowUnverifiedUntil'>,
  ) {}

  /** @throws InternalTokenError `configuration_invalid`, naming each handler and the fix */
  onModuleInit(): void {
    const controllers = controllersOf(this.modules);
    const routes = reflectRoutes(controllers, '');
    if (this.options.requireScopePolicy) this.#requirePolicies(routes);
    const open = routes.filter(({ access }) => access === 'none');
    this.#tokenFreeMethods = new Set(open.map(({ method }) => method));
    if (open.length > 0) this.#logger.log(`Handlers that need no internal token: ${open.map(name).join(', ')}`);
    this.#lookForModes(controllers);
    this.#named = controllers
      .flatMap(handlersOf)
      .filter(({ policy }) => policy.callers !== undefined)
      .map(({ handler }) => handler);
  }

  /** After every other module: only then is it known who is provided. */
  onApplicationBootstrap(): void {
    if (this.#named.length > 0 && !this.callers.enabled)
      throw nobodyAsks(`@RequireCaller() on ${this.#named.join(', ')}`);
  }

  /** Whether a request by this method that was refused for this reason may still end at a handler that takes it. */
  mayPassWithout(method: string | undefined, refusal: InternalTokenError): boolean {
    if (this.#tokenFreeMethods.has('ALL') || (method !== undefined && this.#tokenFreeMethods.has(method))) return true;
    return this.#lenient.some(
      (handler) =>
        (handler.method === method || handler.method === 'ALL') && this.unverified.mayPass(refusal, handler.policy),
    );
  }

  #lookForModes(controllers: readonly Type[]): void {
    const { mode: byDefault, allowUnverifiedUntil } = this.options;
    const handlers = controllers.flatMap(handlersOf).filter(({ policy }) => (policy.mode ?? byDefault) !== 'strict');
    this.#lenient = handlers.flatMap(({ routes, policy }) => routes.map(({ method }) => ({ method, policy })));
    const marked = handlers.filter(({ policy }) => (policy.mode ?? 'strict') !== 'strict');
    if (marked.length === 0) return;
    const names = marked.map(({ handler, policy }) => `${handler} (${policy.mode})`).join(', ');
    this.#logger.warn(
      allowUnverifiedUntil === undefined
        ? `@EnforcementMode() on ${names} does not count: the option allowUnverifiedUntil is not set.`
        : `Handlers with a mode of their own until ${new Date(allowUnverifiedUntil).toISOString()}: ${names}`,
    );
  }

  #requirePolicies(routes: readonly RouteDefinition[]): void {
    const undecided = routes.filter(({ access, scopes }) => access !== 'none' && scopes === undefined);
    if (undecided.length === 0) return;
    throw new InternalTokenError(
      'configuration_invalid',
      `No scope policy: ${undecided.map(name).join(', ')}. ` +
        'Put @RequireScope("…") on each, or @AnyScope() where it serves every purpose.',
    );
  }
}

function name({ handler, method, path }: RouteDefinition): string {
  return `${handler} (${method} ${path})`;
}
