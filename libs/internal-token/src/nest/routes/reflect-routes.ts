import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner } from '@nestjs/core';
import { type HandlerAccess, type HandlerPolicy, policyOf } from '../policy/handler-policy.js';

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

/** Where one handler answers. A handler may have several patterns. */
export type HandlerRoute = Pick<RouteDefinition, 'method' | 'path'>;

type Handler = { readonly name: string };

/**
 * The routes of controllers, read off their decorators without creating them.
 * A global prefix, versions and hosts are no part of the patterns.
 * @throws InternalTokenError `configuration_invalid` for contradicting decorators
 */
export function reflectRoutes(controllers: readonly Type[], domain: string): RouteDefinition[] {
  return controllers.flatMap((controller) =>
    handlersOf(controller).flatMap(({ handler, routes, policy: { access, scopes, permissions } }) =>
      routes.map(({ method, path }) => ({ method, path, domain, handler, access, scopes, permissions })),
    ),
  );
}

/** The handlers of a controller: `OrdersController.place`, where they answer and what they ask for. */
export function handlersOf(controller: Type): {
  readonly handler: string;
  readonly routes: readonly HandlerRoute[];
  readonly policy: HandlerPolicy;
}[] {
  const prototype = controller.prototype as Record<string, Handler>;
  return scanner.getAllMethodNames(prototype).flatMap((name) => {
    const handler = prototype[name];
    const routes = handler === undefined ? [] : routesOfHandler(controller, handler);
    if (handler === undefined || routes.length === 0) return [];
    return [{ handler: `${controller.name}.${name}`, routes, policy: policyOf(controller, handler) }];
  });
}

const scanner = new MetadataScanner();
const cache = new WeakMap<Type, WeakMap<Handler, readonly HandlerRoute[]>>();

/** Where a handler of a controller answers; empty for a method that is no handler. */
export function routesOfHandler(controller: Type, handler: Handler): readonly HandlerRoute[] {
  let known = cache.get(controller);
  if (known === undefined) cache.set(controller, (known = new WeakMap()));
  let routes = known.get(handler);
  if (routes === undefined) known.set(handler, (routes = readRoutes(controller, handler)));
  return routes;
}

function readRoutes(controller: Type, handler: Handler): readonly HandlerRoute[] {
  const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
  if (method === undefined) return [];
  return pathsOf(controller).flatMap((prefix) =>
    pathsOf(handler).map((path) => ({ method: RequestMethod[method], path: join(prefix, path) })),
  );
}

function pathsOf(target: object): readonly string[] {
  const path = Reflect.getMetadata(PATH_METADATA, target) as string | string[] | undefined;
  return Array.isArray(path) ? path : [path ?? ''];
}

function join(...parts: readonly string[]): string {
  return `/${parts
    .flatMap((part) => part.split('/'))
    .filter(Boolean)
    .join('/')}`;
}
