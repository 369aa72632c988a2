import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { IncomingMessage } from 'node:http';
import { InternalTokenError } from '../../core/index.js';
import { RESOLVED_OPTIONS, type ResolvedOptions } from '../internal-token.options.js';
import type { HandlerPolicy } from '../policy/handler-policy.js';
import { UnverifiedRequests } from '../policy/unverified-requests.js';
import { ApplicationRoutes, type RegisteredRoute } from './application-routes.js';
import { OpenPaths } from './open-paths.js';

/**
 * The exceptions from the rule that a request without a valid internal token goes no further: handlers marked
 * `@NoInternalToken()`, the option `openPaths`, and the modes that let unverified requests pass. They are listed at the
 * start. A request for anything else, for an unknown path above all, needs a token.
 */
@Injectable()
export class TokenExemptions implements OnModuleInit {
  readonly #logger = new Logger('InternalTokenRoutes');
  #open: OpenPaths | undefined;
  /** False: no handler is exempt, whatever the refusal. */
  #handlers = false;

  constructor(
    private readonly routes: ApplicationRoutes,
    private readonly unverified: UnverifiedRequests,
    private readonly host: HttpAdapterHost,
    @Inject(RESOLVED_OPTIONS)
    private readonly options: Pick<ResolvedOptions, 'mode' | 'allowUnverifiedUntil' | 'openPaths'>,
  ) {}

  /** @throws InternalTokenError `configuration_invalid` for an exempt handler whose path cannot be read */
  onModuleInit(): void {
    const registered = this.routes.registered();
    this.#list(registered);
    if (!this.host.httpAdapter) return;
    const { openPaths, mode } = this.options;
    if (openPaths.length > 0) this.#open = new OpenPaths(openPaths, this.routes.rules);
    const exempt = ({ policy }: RegisteredRoute) => policy.access === 'none' || (policy.mode ?? mode) !== 'strict';
    this.#handlers = mode !== 'strict' || registered.some(exempt);
    // What it cannot read stops the start.
    if (this.#handlers) this.routes.table();
  }

  /** May a request that was refused for this reason go on? The guard decides once more, for the handler it reaches. */
  mayPassWithoutToken(raw: IncomingMessage, refusal: InternalTokenError): boolean {
    if (this.#open?.has(raw.method ?? '', raw.url ?? '') === true) return true;
    const candidates = this.#handlers ? this.routes.candidates(raw) : undefined;
    if (candidates === undefined) return false;
    if (candidates.length === 0) return this.#passesBy(refusal, UNROUTED);
    return candidates.every(({ policy }) => policy.access === 'none' || this.#passesBy(refusal, policy));
  }

  /** A mode is about tokens; who calls must be known in every mode. */
  #passesBy(refusal: InternalTokenError, policy: HandlerPolicy): boolean {
    return !refusal.code.startsWith('caller_') && this.unverified.mayPass(refusal, policy);
  }

  #list(registered: readonly RegisteredRoute[]): void {
    const { allowUnverifiedUntil, openPaths } = this.options;
    const open = registered.filter(({ policy }) => policy.access === 'none');
    if (open.length > 0) this.#logger.log(`Handlers that need no internal token: ${namesOf(open)}`);
    if (openPaths.length > 0) this.#logger.log(`Paths open to GET without an internal token: ${openPaths.join(', ')}`);
    const marked = registered.filter(({ policy }) => (policy.mode ?? 'strict') !== 'strict');
    if (marked.length === 0) return;
    const names = namesOf(marked, ({ handler, policy }) => `${handler} (${policy.mode})`);
    this.#logger.warn(
      allowUnverifiedUntil === undefined
        ? `@EnforcementMode() on ${names} has no effect: set the option allowUnverifiedUntil, or remove it.`
        : `Handlers with their own mode until ${new Date(allowUnverifiedUntil).toISOString()}: ${names}`,
    );
  }
}

/** No route serves the path: only the service's own mode counts. */
const UNROUTED: HandlerPolicy = Object.freeze({
  access: 'token',
  scopes: undefined,
  permissions: [],
  mode: undefined,
  singleUse: false,
  callers: undefined,
  claims: false,
});

function namesOf(
  routes: readonly RegisteredRoute[],
  name = ({ handler, method, path }: RegisteredRoute) => `${handler} (${method} ${path})`,
): string {
  return [...new Set(routes.map(name))].join(', ');
}
