import { Inject, Injectable, Logger, type OnModuleInit, type Type } from '@nestjs/common';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { InternalTokenError } from '../core/index.js';
import { RESOLVED_OPTIONS, type ResolvedOptions } from './internal-token.options.js';
import { reflectRoutes, type RouteDefinition } from './reflect-routes.js';

// The metadata of @MessagePattern() and @EventPattern(); @nestjs/microservices may not be installed.
const MESSAGE_PATTERN = 'microservices:pattern';

/** Knows every handler's policy once the application starts; contradictions and missing policies stop it. */
@Injectable()
export class RoutePolicies implements OnModuleInit {
  private readonly logger = new Logger('InternalTokenRoutes');
  private tokenFreeMethods: ReadonlySet<string> = new Set(['ALL']);

  constructor(
    private readonly modules: ModulesContainer,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedOptions, 'requireScopePolicy'>,
  ) {}

  /** @throws InternalTokenError `configuration_invalid`, naming each handler and the fix */
  onModuleInit(): void {
    const controllers = this.controllers();
    const routes = reflectRoutes(controllers, '');
    if (this.options.requireScopePolicy) this.requirePolicies(routes);
    const open = routes.filter(({ access }) => access === 'none');
    this.tokenFreeMethods = new Set(open.map(({ method }) => method));
    if (open.length > 0) this.logger.log(`Handlers that need no internal token: ${open.map(name).join(', ')}`);
    const messages = controllers.flatMap(messageHandlers);
    if (messages.length > 0) {
      this.logger.warn(
        `${messages.join(', ')}: message handlers run without any guard unless the application is connected with ` +
          'connectMicroservice(options, { inheritAppConfig: true }); with it, InternalTokenGuard refuses them.',
      );
    }
  }

  /** Whether a request by this method may end at a handler that needs no token. */
  mayNeedNoToken(method: string | undefined): boolean {
    return this.tokenFreeMethods.has('ALL') || (method !== undefined && this.tokenFreeMethods.has(method));
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
