import { type ClsStore, ClsServiceManager, ContextClsStoreMap } from 'nestjs-cls';
import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';
import type { InternalTokenError, VerifiedClaims } from '../../core/index.js';
import type { Application } from './application.js';
import type { Span } from './span.js';

/** The key of the {@link InternalTokenStore} in nestjs-cls: `cls.get('internalToken')`. */
export const INTERNAL_TOKEN_STORE = 'internalToken';

/** What the application's `CallerAuthenticator` found. */
export type CallerFinding =
  { readonly id: string; readonly refusal?: never } | { readonly id?: never; readonly refusal: InternalTokenError };

/** The state of one request, or of work started by `InternalTokenContext.run()`. */
export interface InternalTokenStore {
  /** The id of the request. Fresh when the request arrives; the token's id once a token is verified or minted. */
  txn: string;
  /** Absent until a token is verified or minted, and if that fails. */
  claims?: VerifiedClaims | undefined;
  /** Why there are no claims. */
  refusal?: InternalTokenError | undefined;
  /** The application that this context belongs to; absent if a span was opened outside any context. */
  application?: Application | undefined;
  /** The process that sent the request, or why it is unknown; absent at the edge or without `CallerAuthenticator`. */
  caller?: CallerFinding | undefined;
  /** The span whose code is running. */
  span?: Span | undefined;
}

/** What this library adds to a store of nestjs-cls, for application code: `ClsService<InternalTokenClsStore>`. */
interface InternalTokenClsStore extends ClsStore {
  [INTERNAL_TOKEN_STORE]?: InternalTokenStore;
}

/** Separate from nestjs-cls, which starts new stores wherever an application mounts it. */
const storage = new AsyncLocalStorage<InternalTokenStore>();
const cls = ClsServiceManager.getClsService<InternalTokenClsStore>();

/** The store of the current request; undefined outside a request. For code out of reach of dependency injection. */
export function currentStore(): InternalTokenStore | undefined {
  return storage.getStore();
}

/** Runs `fn` in a context that has this store and nothing of the surrounding one. */
export function enterStore<T>(store: InternalTokenStore, fn: () => T): T {
  return storage.run(store, runInCls<T>, { [INTERNAL_TOKEN_STORE]: store }, fn);
}

/**
 * Runs `fn` in a context that has this request and nothing of the surrounding one. nestjs-cls is entered where code of
 * the application begins ({@link enterCls}): each storage that is entered costs a copy of the context.
 */
export function enterRequest<A extends unknown[]>(
  request: InternalTokenStore,
  fn: (...args: A) => void,
  ...args: A
): void {
  storage.run(request, fn, ...args);
}

/** A copy of the store for work inside the current context. */
export function childStore(parent: InternalTokenStore): InternalTokenStore {
  const { txn, claims, refusal, application, caller, span } = parent;
  return { txn, claims, refusal, application, caller, span };
}

/** Runs `fn` in a copy of the current context with this store instead of the present one. */
export function replaceStore<T>(store: InternalTokenStore, fn: () => T): T {
  return storage.run(store, runInCls<T>, { ...cls.get(), [INTERNAL_TOKEN_STORE]: store }, fn);
}

/**
 * Lets nestjs-cls go on with the running context for this request: a guard or an interceptor that an application mounts
 * takes it over, and a store that a middleware has started gets the key.
 */
export function shareWithCls(raw: IncomingMessage): void {
  const own = cls.get();
  const store = storage.getStore();
  if (own === undefined || store === undefined) return;
  own[INTERNAL_TOKEN_STORE] ??= store;
  if (ContextClsStoreMap.getByRaw(raw) === undefined) ContextClsStoreMap.setByRaw(raw, own);
}

/** Lets application code find the running store in nestjs-cls: `cls.get('internalToken')`. */
export function enterCls<T>(store: InternalTokenStore, fn: () => T): T {
  return cls.runWith({ [INTERNAL_TOKEN_STORE]: store }, fn);
}

function runInCls<T>(own: InternalTokenClsStore, fn: () => T): T {
  return cls.runWith(own, fn);
}
