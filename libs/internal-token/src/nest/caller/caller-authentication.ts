import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { InternalTokenError } from '../../core/index.js';
import type { HandlerPolicy } from '../policy/handler-policy.js';
import { RESOLVED_OPTIONS, type ResolvedOptions } from '../internal-token.options.js';
import type { InternalTokenStore } from '../context/internal-token-store.js';
import type { RequestRecord } from '../context/request-record.js';
import { findSingleProvider } from '../find-providers.js';
import { CallerAuthenticator } from './caller-authenticator.js';

type Options = Pick<ResolvedOptions, 'callers'>;

/** Asks the application's {@link CallerAuthenticator}, and decides which callers a handler is for. */
@Injectable()
export class CallerAuthentication implements OnModuleInit {
  #authenticator: CallerAuthenticator | undefined;

  constructor(
    private readonly modules: ModulesContainer,
    @Inject(RESOLVED_OPTIONS) private readonly options: Options,
  ) {}

  /** @throws InternalTokenError `configuration_invalid` for a list of callers that nobody would ever compare */
  onModuleInit(): void {
    this.#authenticator = findSingleProvider(this.modules, CallerAuthenticator);
    if (this.#authenticator === undefined && this.options.callers.allow !== undefined)
      throw nobodyAsks('callers.allow');
  }

  get enabled(): boolean {
    return this.#authenticator !== undefined;
  }

  /** Notes in the request who calls, or why nobody knows. A promise only where the authenticator gives one. */
  identify(request: RequestRecord): void | Promise<void> {
    if (this.#authenticator === undefined) return;
    const known = (caller: string): void => {
      request.caller = { id: caller };
      request.span?.describe({ caller });
    };
    const unknown = (error: unknown): void => {
      if (!(error instanceof InternalTokenError)) throw error;
      request.caller = { refusal: error };
    };
    try {
      const caller = this.#authenticator.authenticate(request);
      return typeof caller === 'string' ? known(caller) : caller.then(known, unknown);
    } catch (error) {
      return unknown(error);
    }
  }

  /** Why no handler of this service may be called by the sender of a request; undefined: it may. */
  refusalOf(store: InternalTokenStore): InternalTokenError | undefined {
    try {
      this.check({ access: 'token', callers: undefined }, store);
      return undefined;
    } catch (error) {
      if (error instanceof InternalTokenError) return error;
      throw error;
    }
  }

  /**
   * A request that the edge of this very process has let in has no other process as its caller: it is this one's own
   * (`callers.self`), and only a handler that names its callers asks for more.
   * @throws InternalTokenError the reason why there is no caller, or `caller_not_allowed`
   */
  check({ access, callers }: Pick<HandlerPolicy, 'access' | 'callers'>, store: InternalTokenStore | undefined): void {
    if (callers === undefined && (access === 'none' || this.#authenticator === undefined)) return;
    const { self, allow } = this.options.callers;
    const local = store !== undefined && store.caller === undefined;
    if (local && callers === undefined) return;
    if (store?.caller?.refusal !== undefined) throw store.caller.refusal;
    const id = local ? self : store?.caller?.id;
    if (id === undefined) throw new InternalTokenError('caller_missing');
    if (!local && access !== 'none' && allow?.includes(id) === false)
      throw new InternalTokenError('caller_not_allowed');
    if (callers?.includes(id) === false) throw new InternalTokenError('caller_not_allowed');
  }
}

/** A demand that could only ever be refused is a mistake in the configuration. */
export function nobodyAsks(demand: string): InternalTokenError {
  return new InternalTokenError(
    'configuration_invalid',
    `${demand} names callers, but nobody asks who calls: provide a CallerAuthenticator, such as ` +
      'MtlsCallerAuthenticator of nestjs-internal-token/caller.',
  );
}
