import { option } from '../../core/index.js';
import { openPathsOption, type RouteDefinition } from '../../nest/index.js';

/** What the public listener answers. */
export interface RouteOptions {
  /**
   * Every route of the application: `reflectRoutes()` of each domain's controllers, also of the domains that run
   * elsewhere, and of the gateway's own controllers. What is not listed is 404 on the public listener. The gateway's
   * global prefix and versions are added when it starts.
   */
  readonly table: readonly RouteDefinition[];
  /**
   * Paths that the public listener answers to GET and HEAD though they are no routes: static files, an API's
   * description. `/docs`, or `/docs/*` for everything below it; never `/internal`. Such a request goes on without a
   * token and without credentials. Default none.
   */
  readonly openPaths?: readonly string[];
  /** Characters that a parameter in a path may have; a longer one is 414. 1 to 8000. Default 500. */
  readonly maxParameterLength?: number;
}

/** Checks {@link RouteOptions}. */
export const routeOptions = option.group({
  table: option.listOf<RouteDefinition>(
    'routes, made by reflectRoutes(controllers, domain)',
    option.instance('a route'),
  ),
  openPaths: openPathsOption,
  maxParameterLength: option.withDefault(500, option.wholeNumber(1, 8_000, 'characters')),
} satisfies option.ChecksOf<RouteOptions>);

/** {@link RouteOptions}, checked, complete and frozen. */
export type ResolvedRouteOptions = ReturnType<typeof routeOptions>;
