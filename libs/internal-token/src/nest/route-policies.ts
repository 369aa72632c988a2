import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit, type Type } from '@nestjs/common';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { InternalTokenError } from '../core/index.js';
import type { HandlerPolicy } from './handler-policy.js';
import { CallerAuthentication, nobodyAsks } from './caller/caller.authentication.js';
import { RESOLVED_OPTIONS, type ResolvedOptions } from './internal-token.options.js';
import { handlersOf, reflectRoutes, type RouteDefinition } from './reflect-routes.js';
import { UnverifiedRequests } from './unverified.requests.js';

// The metadata of @MessagePattern() and @EventPattern(); @nestjs/microservices may not be installed.
const MESSAGE_PATTERN = 'microservices:pattern';

/** Knows every handler's policy once the application starts; contradictions and missing policies stop it. */
@Injectable()
export class RoutePolicies implements OnModuleInit, OnApplicationBootstrap {
  private readonly logger = new Logger('InternalTokenRoutes');
  private named: readonly string[] = [];
  private tokenFreeMethods: ReadonlySet<string> = new Set(['ALL']);
  /** By method, the policies of handlers that may let unverified requests pass. */
  private lenient: readonly { readonly method: string; readonly policy: HandlerPolicy }[] = [];

  constructor(
    private readonly modules: ModulesContainer,
    private readonly unverified: UnverifiedRequests,
    private readonly callers: CallerAuthentication,
    @Inject(RESOLVED_OPTIONS)
    private readonly options: Pick<ResolvedOptions, 'requireScopePolicy' | 'mode' | 'allowUnverifiedUntil'>,
  ) {}

  /** @throws InternalTokenError `configuration_invalid`, naming each handler and the fix */
  onModuleInit(): void {
    const controllers = this.controllers();
    const routes = reflectRoutes(controllers, '');
    if (this.options.requireScopePolicy) this.requirePolicies(routes);
    const open = routes.filter(({ access }) => access === 'none');
    this.tokenFreeMethods = new Set(open.map(({ method }) => method));
    if (open.length > 0) this.logger.log(`Handlers that need no internal token: ${open.map(name).join(', ')}`);
    this.lookForModes(controllers);
    this.named = controllers
      .flatMap(handlersOf)
      .filter(({ policy }) => policy.callers !== undefined)
      .map(({ handler }) => handler);
    const messages = controllers.flatMap(messageHandlers);
    if (messages.length > 0) {
      this.logger.warn(
        `${messages.join(', ')}: message handlers run without any guard unless the application is connected with ` +
          'connectMicroservice(options, { inheritAppConfig: true }); with it, InternalTokenGuard refuses them.',
      );
    }
  }

  /** After every other module: only then is it known who is provided. */
  onApplicationBootstrap(): void {
    if (this.named.length > 0 && !this.callers.enabled)
      throw nobodyAsks(`@RequireCaller() on ${this.named.join(', ')}`);
  }

  /** Whether a request by this method that was refused for this reason may still end at a handler that takes it. */
  mayPassWithout(method: string | undefined, refusal: InternalTokenError): boolean {
    if (this.tokenFreeMethods.has('ALL') || (method !== undefined && this.tokenFreeMethods.has(method))) return true;
    return this.lenient.some(
      (handler) =>
        (handler.method === method || handler.method === 'ALL') && this.unverified.mayPass(refusal, handler.policy),
    );
  }

  private lookForModes(controllers: readonly Type[]): void {
    const { mode: byDefault, allowUnverifiedUntil } = this.options;
    const handlers = controllers.flatMap(handlersOf).filter(({ policy }) => (policy.mode ?? byDefault) !== 'strict');
    this.lenient = handlers.flatMap(({ routes, policy }) => routes.map(({ method }) => ({ method, policy })));
    const marked = handlers.filter(({ policy }) => (policy.mode ?? 'strict') !== 'strict');
    if (marked.length === 0) return;
    const names = marked.map(({ handler, policy }) => `${handler} (${policy.mode})`).join(', ');
    this.logger.warn(
      allowUnverifiedUntil === undefined
        ? `@TokenMode() on ${names} does not count: the option allowUnverifiedUntil is not set.`
        : `Handlers with a mode of their own until ${new Date(allowUnverifiedUntil).toISOString()}: ${names}`,
    );
  }

  private controllers(): Type[] {
    const controllers = new Set<Type>();
    for (const module of this.modules.values()) {
      for (const { metatype } of module.controllers.values()) {
        if (typeof metatype === 'function') controllers.add(metatype as Type);
      }
    }
    return [...controllers];
  }

  private requirePolicies(routes: readonly RouteDefinition[]): void {
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

const scanner = new MetadataScanner();

function messageHandlers(controller: Type): string[] {
  const prototype = controller.prototype as Record<string, object>;
  return scanner
    .getAllMethodNames(prototype)
    .filter((method) => Reflect.hasMetadata(MESSAGE_PATTERN, prototype[method] ?? {}))
    .map((method) => `${controller.name}.${method}`);
}
