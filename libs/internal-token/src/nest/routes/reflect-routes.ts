import { RequestMethod, type Type, VERSION_NEUTRAL } from '@nestjs/common';
import { HOST_METADATA, METHOD_METADATA, PATH_METADATA, VERSION_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner } from '@nestjs/core';
import { type HandlerAccess, type HandlerPolicy, policyOf } from '../policy/handler-policy.js';
import { joinPaths } from './join-paths.js';

/** One route as its decorators describe it: plain data that fits JSON, unless a host is a regular expression. */
export interface RouteDefinition {
  /** `GET`, `POST`, …; `ALL` for `@All()`. */
  readonly method: string;
  /** The pattern with a leading slash: `/orders/:id`. Without the application's global prefix and version. */
  readonly path: string;
  /** The versions of `@Version()` or the controller; null is `VERSION_NEUTRAL`. Absent: the default version. */
  readonly versions?: readonly (string | null)[];
  /** The hosts of `@Controller({ host })`. Absent: any host. */
  readonly hosts?: readonly (string | RegExp)[];
  /** The module that the route belongs to. */
  readonly domain: string;
  /** `OrdersController.place` */
  readonly handler: string;
  /** `token`: known users only. `public`: anonymous too. `none`: no internal token (`@NoInternalToken()`). */
  readonly access: HandlerAccess;
  /** Purposes of which one must match; `any` for `@AnyScope()`, undefined if not declared. */
  readonly scopes: readonly string[] | 'any' | undefined;
  /** All of these are required. */
  readonly permissions: readonly string[];
}

/** Options of {@link reflectRoutes}. */
export interface ReflectRoutesOptions {
  /**
   * The path that `RouterModule` puts before these controllers, such as `/shop`. Needed only for domains that run in
   * another process; the application knows that of its own controllers.
   */
  readonly modulePath?: string;
}

/** A method and pattern of a handler, which may have several. */
export type HandlerRoute = Pick<RouteDefinition, 'method' | 'path' | 'versions' | 'hosts'>;

type Handler = { readonly name: string };

/**
 * The routes of controllers, read from their decorators without creating them. The application adds its global prefix
 * and versions when it starts.
 * @throws InternalTokenError `configuration_invalid` for contradicting decorators
 */
export function reflectRoutes(
  controllers: readonly Type[],
  domain: string,
  { modulePath = '' }: ReflectRoutesOptions = {},
): RouteDefinition[] {
  return controllers.flatMap((controller) =>
    handlersOf(controller).flatMap(({ handler, routes, policy: { access, scopes, permissions } }) =>
      routes.map((route) => ({
        ...route,
        path: joinPaths(modulePath, route.path),
        domain,
        handler,
        access,
        scopes,
        permissions,
      })),
    ),
  );
}

/** The handlers of a controller, such as `OrdersController.place`, with their routes and policies. */
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

/** The routes of a handler; empty for a method that is not a handler. */
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
  const versions = versionsOf(handler) ?? versionsOf(controller);
  const hosts = listOf<string | RegExp>(Reflect.getMetadata(HOST_METADATA, controller));
  return pathsOf(controller).flatMap((prefix) =>
    pathsOf(handler).map((path) => ({
      method: RequestMethod[method],
      path: joinPaths(prefix, path),
      ...(versions && { versions }),
      ...(hosts && { hosts }),
    })),
  );
}

function pathsOf(target: object): readonly string[] {
  return listOf<string>(Reflect.getMetadata(PATH_METADATA, target)) ?? [''];
}

function versionsOf(target: object): readonly (string | null)[] | undefined {
  const versions = listOf<string | symbol>(Reflect.getMetadata(VERSION_METADATA, target));
  return versions?.map((version) => (version === VERSION_NEUTRAL ? null : String(version)));
}

function listOf<T>(metadata: unknown): readonly T[] | undefined {
  if (metadata === undefined || metadata === '') return undefined;
  return (Array.isArray(metadata) ? metadata : [metadata]) as T[];
}
