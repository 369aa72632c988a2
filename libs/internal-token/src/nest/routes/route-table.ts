import FindMyWay from 'find-my-way';
import { InternalTokenError } from '../../core/index.js';
import { expandPath } from './expand-path.js';
import { EXACT_RULES, type PathRules } from './path-rules.js';
import type { RouteDefinition } from './reflect-routes.js';
import { type RequestTraits, serves } from './route-conditions.js';

const ALL_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
type Method = FindMyWay.HTTPMethod;
type Router = FindMyWay.Instance<FindMyWay.HTTPVersion.V1>;
type Found = ReturnType<Router['find']>;

/** What a table needs to know of a route. */
export type TableRoute = Pick<RouteDefinition, 'method' | 'path' | 'versions' | 'hosts' | 'handler'>;

/** The routes of one method and pattern, which differ by version or host. */
interface Group<Route> {
  readonly pattern: string;
  readonly segments: readonly string[];
  readonly routes: Route[];
  /** Other patterns that may fit the same path; looked for when they are needed. */
  rivals?: readonly Group<Route>[];
  matcher?: Router;
}

/** Routes by method and path: the one reading of them, for the gateway's table and for requests without a token. */
export class RouteTable<Route extends TableRoute> {
  readonly #router: Router;
  readonly #groups = new Map<string, Group<Route>[]>();
  readonly #order = new Map<Route, number>();
  readonly #rules: PathRules;

  /** @throws InternalTokenError `configuration_invalid` for a path it cannot read, naming the route and the fix */
  constructor(routes: readonly Route[], rules: PathRules = EXACT_RULES) {
    this.#rules = rules;
    this.#router = this.#createRouter();
    routes.forEach((route, index) => this.#order.set(route, index));
    const rank = (route: TableRoute) => this.#rankOf(route);
    for (const route of [...routes].sort((one, other) => rank(one) - rank(other))) this.#add(route);
  }

  /** The methods of the table's routes. */
  get methods(): readonly string[] {
    return [...this.#groups.keys()];
  }

  /** Lists of routes that have their method and pattern in common. */
  *sharing(): Iterable<readonly Route[]> {
    for (const groups of this.#groups.values()) for (const { routes } of groups) if (routes.length > 1) yield routes;
  }

  /**
   * The route that serves a request; undefined if there is none. If version or host are uncertain, the first candidate.
   * @param url path and query in origin form
   * @throws InternalTokenError `invalid_request` (414) for a parameter over the limit
   */
  find(method: string, url: string, traits: RequestTraits): Route | undefined {
    const found = this.#lookUp(method, url);
    if (found?.store === null) throw parameterTooLong(this.#rules.maxParameterLength);
    return this.#routesOf(method, url, found).find((route) => serves(route, traits) !== false);
  }

  /** Every route that may serve a request: several where version or host cannot be told. */
  candidates(method: string, url: string, traits: RequestTraits): readonly Route[] {
    const candidates: Route[] = [];
    let certain: Route | undefined;
    for (const route of this.#routesOf(method, url, this.#lookUp(method, url))) {
      // Alike on Fastify, they differ by a constraint that is not known here.
      if (certain !== undefined && (this.#rules.inOrder || !alike(route, certain))) break;
      const answer = serves(route, traits);
      if (answer !== false) candidates.push(route);
      if (answer === true) certain ??= route;
    }
    return candidates;
  }

  /** Its store is null where a parameter is too long. */
  #lookUp(method: string, url: string): Found {
    return this.#router.find(method as Method, this.#rules.decodes ? url : url.replaceAll('%', '%25'));
  }

  /** In the order in which the router asks them. */
  #routesOf(method: string, url: string, found: Found): readonly Route[] {
    if (!found?.store || hasEmptyParameter(found.params)) return [];
    const group = found.store as Group<Route>;
    if (!this.#rules.inOrder) return group.routes;
    const rivals = this.#rivalsOf(method, group).filter((rival) => this.#fits(rival, url));
    if (rivals.length === 0) return group.routes;
    const all = [group, ...rivals].flatMap(({ routes }) => routes);
    return all.sort((one, other) => this.#orderOf(one) - this.#orderOf(other));
  }

  #add(route: Route): void {
    try {
      const patterns = expandPath(route.path, this.#rules.groups);
      for (const method of methodsOf(route)) for (const pattern of patterns) this.#addPattern(method, pattern, route);
    } catch (error) {
      throw unreadable(route, error as Error);
    }
  }

  #addPattern(method: Method, form: string, route: Route): void {
    const pattern = this.#rules.ignoreTrailingSlash ? form.replace(/(?<=.)\/$/, '') : form;
    const known = this.#router.findRoute(method, pattern) as { store: Group<Route> } | null;
    if (known !== null) {
      if (!known.store.routes.includes(route)) known.store.routes.push(route);
      return;
    }
    const group: Group<Route> = { pattern, segments: this.#segmentsOf(pattern), routes: [route] };
    this.#router.on(method, pattern, noHandler, group);
    const groups = this.#groups.get(method);
    if (groups === undefined) this.#groups.set(method, [group]);
    else groups.push(group);
  }

  #createRouter(): Router {
    const { caseSensitive, ignoreTrailingSlash, maxParameterLength } = this.#rules;
    return FindMyWay({
      querystringParser: () => NO_QUERY,
      onMaxParamLength: () => undefined,
      caseSensitive,
      ignoreTrailingSlash,
      maxParamLength: maxParameterLength,
    });
  }

  #rivalsOf(method: string, group: Group<Route>): readonly Group<Route>[] {
    return (group.rivals ??= (this.#groups.get(method) ?? []).filter(
      (other) => other !== group && overlap(group.segments, other.segments),
    ));
  }

  #fits(group: Group<Route>, url: string): boolean {
    if (group.matcher === undefined) {
      group.matcher = this.#createRouter();
      group.matcher.on('GET', group.pattern, noHandler, group);
    }
    const found = group.matcher.find('GET', url.replaceAll('%', '%25'));
    return found !== null && !hasEmptyParameter(found.params);
  }

  #segmentsOf(pattern: string): readonly string[] {
    return (this.#rules.caseSensitive ? pattern : pattern.toLowerCase()).split('/');
  }

  /** The lower is asked earlier. Express alone lets a handler of GET take HEAD from one that is for HEAD. */
  #rankOf({ method, versions }: TableRoute): number {
    const neutral = versions === undefined || versions.every((version) => version === null);
    return (neutral && this.#rules.explicitFirst ? 2 : 0) + (method === 'HEAD' || this.#rules.inOrder ? 0 : 1);
  }

  #orderOf(route: Route): number {
    return this.#order.get(route) ?? 0;
  }
}

function alike(one: TableRoute, other: TableRoute): boolean {
  return String(one.versions) === String(other.versions) && String(one.hosts) === String(other.hosts);
}

/** Whether some path might fit both. */
function overlap(one: readonly string[], other: readonly string[]): boolean {
  for (let index = 0; index < Math.max(one.length, other.length); index++) {
    const here = one[index];
    const there = other[index];
    if (here?.endsWith('*') === true || there?.endsWith('*') === true) return true;
    if (here === undefined || there === undefined) return false;
    if (here !== there && !here.includes(':') && !there.includes(':')) return false;
  }
  return true;
}

/** `/orders/` is not `/orders/:id` without an id; Nest's adapters agree. What a wildcard takes may be empty. */
function hasEmptyParameter(params: Readonly<Record<string, string | undefined>>): boolean {
  for (const name in params) if (params[name] === '' && name !== '*') return true;
  return false;
}

const NO_QUERY = {};
function noHandler(): void {}

function methodsOf({ method }: TableRoute): readonly Method[] {
  if (method === 'ALL') return ALL_METHODS;
  // Fastify and Express both answer HEAD by the handler of GET.
  return method === 'GET' ? ['GET', 'HEAD'] : [method as Method];
}

function parameterTooLong(limit: number): InternalTokenError {
  return new InternalTokenError('invalid_request', `A part of the path is longer than ${limit} characters.`, {
    status: 414,
  });
}

function unreadable({ method, path, handler }: TableRoute, { message }: Error): InternalTokenError {
  return new InternalTokenError(
    'configuration_invalid',
    `The path of ${method} ${path} (${handler}) cannot be read: ${message}. Write each of its forms as a path of its ` +
      "own, such as @Get(['list', 'list/:page']), with parameters (:name) and a wildcard (*name) at the end.",
  );
}
