import { Inject, Injectable, Logger, type OnModuleInit, type Type, VersioningType } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { InternalTokenError } from '../../core/index.js';
import {
  ApplicationRoutes,
  EXACT_RULES,
  type HandlerRoute,
  OpenPaths,
  type RegisteredRoute,
  type RequestTraits,
  type RouteDefinition,
  RouteTable,
  versionsIn,
} from '../../nest/index.js';
import { RESOLVED_EDGE_OPTIONS, type ResolvedEdgeOptions } from '../edge.options.js';
import { effectiveHost } from '../normalize/effective-host.js';

/**
 * Every route of the gateway, local or not, where it really is: with the global prefix, versions and hosts. Paths are
 * read by Fastify's defaults, whatever the adapter: case counts, a trailing slash counts, slashes are not folded, `;` is
 * an ordinary character.
 */
@Injectable()
export class GatewayRoutes implements OnModuleInit {
  readonly #logger = new Logger('EdgeRoutes');
  readonly #controllers = new WeakMap<RouteDefinition, Type>();
  #table = new RouteTable<RouteDefinition>([]);
  #open = new OpenPaths([]);
  /** Whether some route asks for a version or a host. */
  #conditional = false;

  constructor(
    @Inject(RESOLVED_EDGE_OPTIONS) private readonly settings: ResolvedEdgeOptions,
    private readonly application: ApplicationRoutes,
  ) {}

  /** @throws InternalTokenError `configuration_invalid` for a path it cannot read, or two routes it cannot tell apart */
  onModuleInit(): void {
    const { openPaths, maxParameterLength } = this.settings.routes;
    const { explicitFirst } = this.application.rules;
    const routes = this.#placed();
    this.#table = new RouteTable(routes, { ...EXACT_RULES, explicitFirst, maxParameterLength });
    for (const sharing of this.#table.sharing()) assertDistinct(sharing);
    this.#conditional = routes.some(({ versions, hosts }) => versions !== undefined || hosts !== undefined);
    this.#open = new OpenPaths(openPaths);
    if (openPaths.length > 0) this.#logger.log(`Paths open to GET on the public listener: ${openPaths.join(', ')}`);
  }

  /**
   * The route of a request whose target is in origin form.
   * @throws InternalTokenError `invalid_request` (414) for a parameter over the limit
   */
  find(raw: IncomingMessage): RouteDefinition | undefined {
    return this.#table.find(raw.method ?? '', raw.url ?? '', this.#traitsOf(raw));
  }

  /** The methods that a request's path answers to outsiders, for `Allow`; empty if none. */
  allowed(raw: IncomingMessage): string[] {
    const traits = this.#traitsOf(raw);
    return this.#table.methods.filter((method) => {
      const [route] = this.#table.candidates(method, raw.url ?? '', traits);
      return route !== undefined && route.access !== 'none';
    });
  }

  /** The class that serves a route in this process; undefined for a route of another one. */
  controllerOf(route: RouteDefinition): Type | undefined {
    return this.#controllers.get(route);
  }

  /** Whether `openPaths` names the path of a request that no route serves. */
  isOpen(raw: IncomingMessage): boolean {
    return this.#open.has(raw.method ?? '', raw.url ?? '');
  }

  #traitsOf(raw: IncomingMessage): RequestTraits {
    if (!this.#conditional) return UNCONDITIONAL;
    return { versions: this.#versionsIn(raw), host: effectiveHost(raw) };
  }

  /** A custom extractor is given Node's request: the framework has not seen it yet. */
  #versionsIn(raw: IncomingMessage): readonly string[] | undefined {
    const { versioning } = this.application;
    if (versioning?.type !== VersioningType.CUSTOM) return versionsIn(raw.headers, versioning);
    const version = versioning.extractor(raw);
    return typeof version === 'string' || Array.isArray(version) ? [version].flat() : [];
  }

  /** Routes of this process first, as and where Nest registers them. */
  #placed(): RouteDefinition[] {
    const { table: routes } = this.settings.routes;
    const { upstreams } = this.settings.forwarding;
    const local = this.application.registered().flatMap((registered) => {
      const definition = routes.find((route) => defines(route, registered) && !Object.hasOwn(upstreams, route.domain));
      if (definition === undefined) return [];
      const { path, versions, hosts, controller } = registered;
      const { versions: _1, hosts: _2, ...rest } = definition;
      const route = { ...rest, path, ...(versions && { versions }), ...(hosts && { hosts }) };
      this.#controllers.set(route, controller);
      return [{ definition, route }];
    });
    const found = new Set(local.map(({ definition }) => definition));
    // The adapter may know less than the table: what Nest cannot serve must not look as if it were there.
    for (const { route } of local) void new RouteTable([route], this.application.rules);
    const remote = routes.filter((route) => !found.has(route)).flatMap((route) => this.application.place(route));
    return [...local.map(({ route }) => route), ...remote];
  }
}

/** Classes may have their name in common, such as those of two versions. */
function defines(definition: RouteDefinition, { handler, declared }: RegisteredRoute): boolean {
  return definition.handler === handler && declared.some((route) => signature(route) === signature(definition));
}

function signature({ method, path, versions, hosts }: HandlerRoute): string {
  return [method, path, String(versions), String(hosts)].join(' ');
}

const UNCONDITIONAL: RequestTraits = { versions: [], host: undefined };

function assertDistinct(routes: readonly RouteDefinition[]): void {
  routes.forEach((one, index) => {
    const other = routes.slice(index + 1).find((later) => later.method !== 'HEAD' && collide(one, later));
    if (other === undefined || (one.method === 'HEAD' && other.method !== 'HEAD')) return;
    throw new InternalTokenError(
      'configuration_invalid',
      `${describe(one)} and ${describe(other)} cannot be told apart. Each method and path may appear once, or once for ` +
        'each version (@Version()) and host (@Controller({ host })).',
    );
  });
}

function collide(one: RouteDefinition, other: RouteDefinition): boolean {
  return meet(one.versions ?? [null], other.versions ?? [null]) && meet(one.hosts ?? [null], other.hosts ?? [null]);
}

function meet(some: readonly unknown[], others: readonly unknown[]): boolean {
  return some.some((entry) => others.some((other) => String(entry) === String(other)));
}

function describe({ method, path, handler, versions, hosts }: RouteDefinition): string {
  const version = versions === undefined ? '' : `, version ${versions.map((entry) => entry ?? 'neutral').join('/')}`;
  return `${method} ${path} (${handler}${version}${hosts === undefined ? '' : `, host ${hosts.join('/')}`})`;
}
