import { Injectable, RequestMethod, type Type, VERSION_NEUTRAL, VersioningType } from '@nestjs/common';
import { MODULE_PATH } from '@nestjs/common/constants.js';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';
import type { HandlerPolicy } from '../policy/handler-policy.js';
import type { IncomingMessage } from 'node:http';
import { joinPaths } from './join-paths.js';
import { EXACT_RULES, type PathRules, rulesOf } from './path-rules.js';
import { plainPath } from './plain-path.js';
import { handlersOf, type HandlerRoute } from './reflect-routes.js';
import { versionsIn } from './route-conditions.js';
import { RouteTable } from './route-table.js';

/** A route of a controller of this application. */
export interface RegisteredRoute extends HandlerRoute {
  readonly handler: string;
  readonly policy: HandlerPolicy;
  readonly controller: Type;
  /** As `reflectRoutes()` gives it, without and with the path of `RouterModule`. */
  readonly declared: readonly HandlerRoute[];
}

/** A route as the table holds it. */
interface TabledRoute extends RegisteredRoute {
  /** False for a path that cannot be read, and stands for everything below the part that can. */
  readonly exact: boolean;
}

/**
 * Where the routes of an application really are: with its global prefix and exclusions, its versions, and the paths of
 * `RouterModule`. Known from `onModuleInit` on.
 */
@Injectable()
export class ApplicationRoutes {
  #table: RouteTable<TabledRoute> | undefined;

  constructor(
    private readonly modules: ModulesContainer,
    private readonly config: ApplicationConfig,
    private readonly host: HttpAdapterHost,
  ) {}

  /** How the application's own router reads paths. */
  get rules(): PathRules {
    const rules = this.host.httpAdapter ? rulesOf(this.host.httpAdapter) : EXACT_RULES;
    const bySpecificity = this.config.getRouteResolutionStrategy?.() === 'specificity';
    return bySpecificity ? { ...rules, inOrder: false } : rules;
  }

  get versioning(): ReturnType<ApplicationConfig['getVersioning']> {
    return this.config.getVersioning();
  }

  /** The routes of this application's controllers, in the order in which Nest registers them. */
  registered(): RegisteredRoute[] {
    return [...this.modules.values()].flatMap(({ controllers, metatype }) => {
      const modulePath = this.#modulePathOf(metatype);
      return [...controllers.values()].flatMap(({ metatype: controller }) =>
        typeof controller === 'function' ? this.#routesOf(controller as Type, modulePath) : [],
      );
    });
  }

  /**
   * The routes that may serve a request, as the application's router reads it: several where that cannot be told, none
   * where no route fits, undefined where its path can be read in two ways.
   * @throws InternalTokenError `configuration_invalid` for a path that cannot be read, of a handler that needs no token
   */
  candidates({ method = '', url = '', headers }: IncomingMessage): readonly TabledRoute[] | undefined {
    const path = plainPath(url);
    if (path === undefined) return undefined;
    return this.table().candidates(method, path, {
      versions: versionsIn(headers, this.versioning),
      // A trusted proxy may name another one to the framework.
      host: headers['x-forwarded-host'] === undefined ? headers.host : undefined,
    });
  }

  /** The route that would serve a request, unless that cannot be told. */
  servedBy(raw: IncomingMessage): Pick<HandlerRoute, 'method' | 'path'> | undefined {
    const [route, ...others] = this.candidates(raw) ?? [];
    const certain = others.every(({ method, path }) => method === route?.method && path === route.path);
    return route?.exact === true && certain ? route : undefined;
  }

  /**
   * All routes in one table, made when it is first needed.
   * @throws InternalTokenError `configuration_invalid` for a path that cannot be read, of a handler that needs no token
   */
  table(): RouteTable<TabledRoute> {
    return (this.#table ??= new RouteTable(
      this.registered().map((route) => this.#readable(route)),
      this.rules,
    ));
  }

  #readable(route: RegisteredRoute): TabledRoute {
    try {
      void new RouteTable([route], this.rules);
      return { ...route, exact: true };
    } catch (error) {
      if (route.policy.access === 'none') throw error;
      const [prefix = ''] = /^[^:*{}()\\"]*/.exec(route.path) ?? [];
      return { ...route, path: `${prefix.slice(0, prefix.lastIndexOf('/'))}/*`, exact: false };
    }
  }

  /** Where a route answers, with the global prefix and a version in the path where versions are there. */
  place<Route extends HandlerRoute>(route: Route): Route[] {
    const { versions: declared, ...rest } = route;
    const versions = this.versioning === undefined ? undefined : (declared ?? this.#defaultVersions());
    if (versions === undefined) return this.#pathsOf(route, undefined).map((path) => ({ ...rest, path }) as Route);
    if (this.versioning?.type !== VersioningType.URI) {
      return this.#pathsOf(route, undefined).map((path) => ({ ...rest, path, versions }) as Route);
    }
    return versions.flatMap((version) => this.#pathsOf(route, version).map((path) => ({ ...rest, path }) as Route));
  }

  #routesOf(controller: Type, modulePath: string): RegisteredRoute[] {
    return handlersOf(controller).flatMap(({ handler, routes, policy }) =>
      routes.flatMap((route) => {
        const placed = { ...route, path: joinPaths(modulePath, route.path) };
        return this.place({ ...placed, handler, policy, controller, declared: [route, placed] });
      }),
    );
  }

  #pathsOf({ method, path }: HandlerRoute, version: string | null | undefined): string[] {
    const prefix = this.config.getGlobalPrefix();
    const versioning = this.versioning;
    const metadata = {
      ctrlPath: path,
      ...(prefix !== '' && { globalPrefix: prefix.startsWith('/') ? prefix : `/${prefix}` }),
      ...(version !== undefined && { controllerVersion: version ?? VERSION_NEUTRAL }),
      ...(versioning && { versioningOptions: versioning }),
    };
    const known = RequestMethod[method as keyof typeof RequestMethod];
    return new RoutePathFactory(this.config).create(metadata as never, known);
  }

  #defaultVersions(): readonly (string | null)[] | undefined {
    const versioning = this.versioning;
    if (versioning?.type === undefined || versioning.defaultVersion === undefined) return undefined;
    return [versioning.defaultVersion].flat().map((version) => (version === VERSION_NEUTRAL ? null : String(version)));
  }

  #modulePathOf(module: object): string {
    const own = Reflect.getMetadata(MODULE_PATH + this.modules.applicationId, module) as string | undefined;
    return own ?? (Reflect.getMetadata(MODULE_PATH, module) as string | undefined) ?? '';
  }
}
