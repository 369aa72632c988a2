import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner } from '@nestjs/core';
import { type HandlerAccess, policyOf } from './handler-policy.js';

/** One route as its decorators describe it: plain data, fit for JSON. */
export interface RouteDefinition {
  /** `GET`, `POST`, …; `ALL` for `@All()`. */
  readonly method: string;
  /** The pattern with a leading slash: `/orders/:id`. */
  readonly path: string;
  /** The module the route belongs to. */
  readonly domain: string;
  /** `OrdersController.place` */
  readonly handler: string;
  /** `token`: known users only. `public`: anonymous too. `none`: no internal token (`@NoInternalToken()`). */
  readonly access: HandlerAccess;
  /** Purposes of which one must fit, `any` for `@AnyScope()`, undefined where nobody has decided. */
  readonly scopes: readonly string[] | 'any' | undefined;
  /** All of these. */
  readonly permissions: readonly string[];
}

/**
 * The routes of controllers, read off their decorators without creating them.
 * A global prefix and versions are not part of the patterns.
 * @throws InternalTokenError `configuration_invalid` for contradicting decorators
 */
export function reflectRoutes(controllers: readonly Type[], domain: string): RouteDefinition[] {
  return controllers.flatMap((controller) => routesOf(controller, domain));
}

const scanner = new MetadataScanner();

function routesOf(controller: Type, domain: string): RouteDefinition[] {
  const prototype = controller.prototype as Record<string, (...args: never[]) => unknown>;
  const prefixes = paths(controller);
  return scanner.getAllMethodNames(prototype).flatMap((name) => {
    const handler = prototype[name];
    const method = handler && (Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined);
    if (handler === undefined || method === undefined) return [];
    const policy = policyOf(controller, handler);
    return prefixes.flatMap((prefix) =>
      paths(handler).map((path) => ({
        method: RequestMethod[method],
        path: join(prefix, path),
        domain,
        handler: `${controller.name}.${name}`,
        ...policy,
      })),
    );
  });
}

function paths(target: object): readonly string[] {
  const path = Reflect.getMetadata(PATH_METADATA, target) as string | string[] | undefined;
  return Array.isArray(path) ? path : [path ?? ''];
}

function join(...parts: readonly string[]): string {
  return `/${parts
    .flatMap((part) => part.split('/'))
    .filter(Boolean)
    .join('/')}`;
}
