import type { Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { InternalTokenError } from '../../core/index.js';
import { InternalTokenGuard } from './internal-token.guard.js';

/**
 * A guard that another module provides in place of ours would never run, and one beside ours would run twice.
 * @param own the module whose guard counts
 * @throws InternalTokenError `configuration_invalid`, naming the guard and the fix
 */
export function assertOnlyGuard(modules: ModulesContainer, own: Type): void {
  for (const module of modules.values()) {
    if (module.metatype === own) continue;
    for (const [token, { metatype }] of module.providers) {
      const subclass = isGuardClass(metatype) ? metatype.name : undefined;
      if (token !== InternalTokenGuard && subclass === undefined) continue;
      throw new InternalTokenError(
        'configuration_invalid',
        `${module.metatype.name} provides ${subclass ?? 'InternalTokenGuard'}, which does not take the place of the ` +
          'global guard. Remove the provider and give a subclass of InternalTokenGuard to the module: ' +
          `InternalTokenModule.forRoot({ guard: ${subclass ?? 'MyGuard'} }), or in a gateway InternalTokenGatewayModule.`,
      );
    }
  }
}

export function isGuardClass(type: unknown): type is Type<InternalTokenGuard> {
  return typeof type === 'function' && (type === InternalTokenGuard || type.prototype instanceof InternalTokenGuard);
}
