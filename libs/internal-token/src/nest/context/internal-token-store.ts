import { type ClsStore, ClsServiceManager } from 'nestjs-cls';
import type { InternalTokenError, VerifiedClaims } from '../../core/index.js';
import type { Application } from './application.js';
import type { Span } from './span.js';

/** The key of the {@link InternalTokenStore} in nestjs-cls: `cls.get('internalToken')`. */
export const INTERNAL_TOKEN_STORE = 'internalToken';

/** What the application's `CallerAuthenticator` found. */
type CallerFinding =
  { readonly id: string; readonly refusal?: never } | { readonly id?: never; readonly refusal: InternalTokenError };

/** What one request, or one piece of work started by `InternalTokenContext.run()`, knows of itself. */
export interface InternalTokenStore {
  /** The request's id. Fresh when the request arrives; the token's id as soon as a token is verified or minted. */
  txn: string;
  /** Who asks. Absent until verified or minted, and for good where that fails. */
  claims?: VerifiedClaims;
  /** Why there are no claims. */
  refusal?: InternalTokenError;
  /** Whose context this is; absent where a span was opened outside of any. */
  application?: Application;
  /** Which process sent the request, or why that is not known; absent where nobody asks, and at the edge. */
  caller?: CallerFinding;
  /** The span whose code is running. */
  span?: Span;
}

/** The shape of the nestjs-cls store while this library's context is entered: `ClsService<InternalTokenClsStore>`. */
interface InternalTokenClsStore extends ClsStore {
  [INTERNAL_TOKEN_STORE]?: InternalTokenStore;
}

/** The store of the running request, or undefined outside of any. For code out of reach of dependency injection. */
export function currentStore(): InternalTokenStore | undefined {
  return ClsServiceManager.getClsService<InternalTokenClsStore>().get()?.[INTERNAL_TOKEN_STORE];
}

/** Runs `fn` in a context that holds this store and nothing of the surrounding one. */
export function enterStore<T>(store: InternalTokenStore, fn: () => T): T {
  return ClsServiceManager.getClsService<InternalTokenClsStore>().runWith({ [INTERNAL_TOKEN_STORE]: store }, fn);
}

/** Runs `fn` in a copy of the running context in which this store takes the place of the present one. */
export function replaceStore<T>(store: InternalTokenStore, fn: () => T): T {
  const cls = ClsServiceManager.getClsService<InternalTokenClsStore>();
  return cls.runWith({ ...cls.get(), [INTERNAL_TOKEN_STORE]: store }, fn);
}
