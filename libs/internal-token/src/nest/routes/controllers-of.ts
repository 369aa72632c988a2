import type { Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';

/** The controller classes of an application, each once. */
export function controllersOf(modules: ModulesContainer): Type[] {
  const controllers = new Set<Type>();
  for (const module of modules.values()) {
    for (const { metatype } of module.controllers.values()) {
      if (typeof metatype === 'function') controllers.add(metatype as Type);
    }
  }
  return [...controllers];
}
