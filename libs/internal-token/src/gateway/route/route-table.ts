import FindMyWay from 'find-my-way';
import type { RouteDefinition } from '../../nest/index.js';
import { InternalTokenError } from '../../core/index.js';

const ALL_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
type Method = FindMyWay.HTTPMethod;

/**
 * Every route of the gateway, local or not, looked up with the router that the services use and with its defaults:
 * case counts, a trailing slash counts, slashes are not folded, `;` is an ordinary character.
 */
export class RouteTable {
  readonly #router = FindMyWay({ querystringParser: () => NO_QUERY, onMaxParamLength: () => undefined });
  readonly #methods = new Set<Method>();
  readonly size: number;

  /** @throws InternalTokenError `configuration_invalid` for two routes of one method and path, or a path it cannot read */
  constructor(routes: readonly RouteDefinition[]) {
    this.size = routes.length;
    const explicitHead = new Set(routes.filter((route) => route.method === 'HEAD').map((route) => route.path));
    for (const route of routes) {
      for (const method of methodsOf(route)) {
        if (method === 'HEAD' && route.method !== 'HEAD' && explicitHead.has(route.path)) continue;
        this.#add(method, route);
      }
    }
  }

  /** @param url path and query in origin form */
  find(method: string, url: string): RouteDefinition | undefined {
    const found = this.#router.find(method as Method, url);
    if (!found?.store || hasEmptyParameter(found.params)) return undefined;
    return found.store as RouteDefinition;
  }

  /** The methods that a path answers to outsiders, for `Allow`; empty if none. */
  allowed(url: string): string[] {
    return [...this.#methods].filter((method) => {
      const route = this.find(method, url);
      return route !== undefined && route.access !== 'none';
    });
  }

  #add(method: Method, route: RouteDefinition): void {
    try {
      this.#router.on(method, routerPath(route.path), noHandler, route);
      this.#methods.add(method);
    } catch (error) {
      throw new InternalTokenError(
        'configuration_invalid',
        `Route ${method} ${route.path} (${route.handler}) cannot be added to the gateway's table: ` +
          `${(error as Error).message}. Each method and path may appear once.`,
      );
    }
  }
}

/** `/orders/` is not `/orders/:id` without an id; Nest's adapters agree. What a wildcard takes may be empty. */
function hasEmptyParameter(params: Readonly<Record<string, string | undefined>>): boolean {
  for (const name in params) if (params[name] === '' && name !== '*') return true;
  return false;
}

const NO_QUERY = {};
function noHandler(): void {}

function methodsOf(route: RouteDefinition): readonly Method[] {
  if (route.method === 'ALL') return ALL_METHODS;
  // Fastify and Express both answer HEAD by the handler of GET.
  return route.method === 'GET' ? ['GET', 'HEAD'] : [route.method as Method];
}

/** Nest's named wildcards (`files/*path`, `files/{*path}`) in the router's words. */
function routerPath(path: string): string {
  const slashed = path.startsWith('/') ? path : `/${path}`;
  return slashed.replace(/\{?\*\w*\}?$/, '*');
}
