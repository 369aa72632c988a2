import type { ModulesContainer } from '@nestjs/core';
import { InternalTokenError } from '../core/index.js';

type Kind<T> = abstract new (...args: never[]) => T;

/**
 * The providers of the application that extend a class, in whatever module and under whatever name. Ask once providers
 * exist: from `onModuleInit` on.
 * @throws InternalTokenError `configuration_invalid` for one that is request-scoped: requests are judged before that
 */
export function findProviders<T extends object>(modules: ModulesContainer, kind: Kind<T>): T[] {
  const found = new Set<T>();
  for (const { providers } of modules.values()) {
    for (const provider of providers.values()) {
      const { metatype, instance } = provider;
      const fits = typeof metatype === 'function' && (metatype.prototype as unknown) instanceof kind;
      if (fits && !provider.isDependencyTreeStatic()) {
        throw invalid(
          `${provider.name} is request-scoped, but it is asked before Nest's request scope. Make it a singleton.`,
        );
      }
      if (instance instanceof kind) found.add(instance);
    }
  }
  return [...found];
}

/**
 * The one provider that extends a class; undefined if there is none.
 * @throws InternalTokenError `configuration_invalid` for two, or for one that is request-scoped
 */
export function findSingleProvider<T extends object>(modules: ModulesContainer, kind: Kind<T>): T | undefined {
  const [one, another] = findProviders(modules, kind);
  if (another === undefined) return one;
  throw invalid(`There are two providers of ${kind.name}, and only one can answer. Remove one.`);
}

function invalid(detail: string): InternalTokenError {
  return new InternalTokenError('configuration_invalid', detail);
}
