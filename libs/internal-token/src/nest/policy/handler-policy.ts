import type { Type } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { InternalTokenError } from '../../core/index.js';
import type { EnforcementMode } from './enforcement-mode.js';

/** `token`: a known user. `public`: anonymous too. `none`: no internal token at all. */
export type HandlerAccess = 'public' | 'token' | 'none';

/** What the decorators of a handler and its class require. */
export interface HandlerPolicy {
  readonly access: HandlerAccess;
  /** Purposes of which one must match; `any`: deliberately every purpose; undefined: not declared. */
  readonly scopes: readonly string[] | 'any' | undefined;
  /** All of these are required; those of the class and the handler are combined. */
  readonly permissions: readonly string[];
  /** What happens to requests that do not verify; undefined: the mode of the service. */
  readonly mode: EnforcementMode | undefined;
  /** A token may be used only once per address of this handler. */
  readonly singleUse: boolean;
  /** The processes that may call; undefined: those that the service allows. */
  readonly callers: readonly string[] | undefined;
  /** True if a parameter needs claims. */
  readonly claims: boolean;
}

type Handler = { readonly name: string };
type Declared = { -readonly [K in Exclude<keyof HandlerPolicy, 'claims'>]?: NonNullable<HandlerPolicy[K]> };

const METADATA = 'nestjs-internal-token:policy';

/** Creates a decorator for handlers and classes that declares one part of the policy. It throws on a contradiction. */
export function declarePolicy(part: Declared, name: string): MethodDecorator & ClassDecorator {
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor): void => {
    const subject = (descriptor?.value ?? target) as object;
    const declared = (Reflect.getOwnMetadata(METADATA, subject) ?? {}) as Declared;
    for (const key of Object.keys(part) as (keyof Declared)[]) {
      if (declared[key] === undefined) continue;
      throw new InternalTokenError(
        'configuration_invalid',
        `${name} contradicts or repeats another decorator on the same class or handler. Remove one of them.`,
      );
    }
    Reflect.defineMetadata(METADATA, { ...declared, ...part }, subject);
  };
}

const claimsFactories = new WeakSet<object>();

/** Registers a parameter factory whose parameters need claims. */
export function asksForClaims<Factory extends object>(factory: Factory): Factory {
  claimsFactories.add(factory);
  return factory;
}

function hasClaimsParameter(controller: Type, handler: Handler): boolean {
  const parameters = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, handler.name) as
    Readonly<Record<string, { readonly factory?: object }>> | undefined;
  return Object.values(parameters ?? {}).some(({ factory }) => factory !== undefined && claimsFactories.has(factory));
}

const cache = new WeakMap<Type, WeakMap<Handler, HandlerPolicy>>();

/**
 * The policy of a handler: its own declarations first, then its class's.
 * @throws InternalTokenError `configuration_invalid` if `@NoInternalToken()` is combined with requirements on the token
 */
export function policyOf(controller: Type, handler: Handler): HandlerPolicy {
  let policies = cache.get(controller);
  if (policies === undefined) cache.set(controller, (policies = new WeakMap()));
  let policy = policies.get(handler);
  if (policy === undefined) policies.set(handler, (policy = readPolicy(controller, handler)));
  return policy;
}

/** True if a whole class is marked `@NoInternalToken()`. */
export function classNeedsNoToken(type: Type): boolean {
  return (Reflect.getMetadata(METADATA, type) as Declared | undefined)?.access === 'none';
}

function readPolicy(controller: Type, handler: Handler): HandlerPolicy {
  const own = (Reflect.getMetadata(METADATA, handler) ?? {}) as Declared;
  const shared = (Reflect.getMetadata(METADATA, controller) ?? {}) as Declared;
  const access = own.access ?? shared.access ?? 'token';
  if (access === 'none') {
    // Only a handler's own @NoInternalToken() overrides the requirements of its class.
    const demands = own.access === 'none' ? [own] : [own, shared];
    if (demands.some((part) => part.scopes ?? part.permissions ?? part.singleUse)) {
      throw new InternalTokenError(
        'configuration_invalid',
        `${controller.name}.${handler.name} is marked @NoInternalToken() but requires a scope, a permission or a ` +
          'single use, which needs a token. Remove one of the two.',
      );
    }
    return Object.freeze({
      access,
      scopes: undefined,
      permissions: [],
      mode: undefined,
      singleUse: false,
      // Callers can be authenticated without a token.
      callers: own.callers ?? (own.access === 'none' ? undefined : shared.callers),
      claims: hasClaimsParameter(controller, handler),
    });
  }
  return Object.freeze({
    access,
    scopes: own.scopes ?? shared.scopes,
    permissions: Object.freeze([...new Set([...(shared.permissions ?? []), ...(own.permissions ?? [])])]),
    mode: own.mode ?? shared.mode,
    singleUse: own.singleUse ?? shared.singleUse ?? false,
    callers: own.callers ?? shared.callers,
    claims: hasClaimsParameter(controller, handler),
  });
}
