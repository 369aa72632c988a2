import { Inject, Injectable, Logger, type OnModuleInit, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { InternalTokenError } from '../core/index.js';
import { RESOLVED_OPTIONS, type ResolvedOptions } from './internal-token.options.js';
import { reflectRoutes } from './reflect-routes.js';

/** Looks at every handler when the application starts. */
@Injectable()
export class RoutePolicyCheck implements OnModuleInit {
  private readonly logger = new Logger('InternalTokenRoutes');

  constructor(
    private readonly modules: ModulesContainer,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedOptions, 'requireScopePolicy'>,
  ) {}

  onModuleInit(): void {
    const controllers = new Set<Type>();
    for (const module of this.modules.values()) {
      for (const { metatype } of module.controllers.values()) if (metatype) controllers.add(metatype as Type);
    }
    const routes = reflectRoutes([...controllers], '');
    void routes;
    void this.options;
    void this.logger;
    void InternalTokenError;
  }
}
