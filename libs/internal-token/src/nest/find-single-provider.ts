import type { ModulesContainer } from '@nestjs/core';
import { InternalTokenError } from '../core/index.js';

/**
 * The one provider of the application that is of a kind, in whatever module and under whatever name; undefined if there
 * is none. To be asked once providers exist: from `onModuleInit` on.
 * @throws InternalTokenError `configuration_invalid` for two
 */
export function findSingleProvider<T extends object>(
  modules: ModulesContainer,
  kind: abstract new (...args: never[]) => T,
): T | undefined {
  const found = new Set<T>();
  for (const { providers } of modules.values()) {
    for (const { instance } of providers.values()) if (instance instanceof kind) found.add(instance);
  }
  if (found.size <= 1) return [...found][0];
  throw new InternalTokenError(
    'configuration_invalid',
    `There are two providers of ${kind.name}, and only one can answer. Remove one.`,
  );
}
